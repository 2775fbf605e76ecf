/**
 * Watches a program from another thread, and says where it is when it does not get on: a loop without end leaves no moment in
 * which it could say that itself. `node --import watch.mjs PROGRAM`; with `LARK_PLUGIN_BUSY` set to `place`, the place alone is
 * told, on standard output.
 */

import { once } from "node:events";
import fs from "node:fs";
import { Session, url as inspectorUrl } from "node:inspector";
import { SourceMap } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

/** Seconds of CPU time after which a program is stuck. A call in the sandbox has half a second of CPU time. */
const SECONDS_MAX = 10;

/** Between two looks. */
const LOOK_MS = 100;

/** Code that the author has not written. */
const FOREIGN = /(?:^|\/)(?:lark-plugin-sdk|node_modules)\/|^node:|^entry\.js$/;

const seconds = Number(process.env.LARK_PLUGIN_BUSY_SECONDS_MAX) || SECONDS_MAX;

/** The table of a file's lines, which is at its end. */
function mapOf(file) {
  const [, whole] = /\n\/\/# sourceMappingURL=data:application\/json;base64,(\S+)\s*$/.exec(fs.readFileSync(file, "utf8")) ?? [];
  return whole && new SourceMap(JSON.parse(Buffer.from(whole, "base64").toString()));
}

/** The innermost place in the author's own files, as `src/plugin.ts:8 in clicked`. */
function placeOf(frames, urls) {
  const maps = new Map();
  for (const { functionName, location } of frames) {
    const url = urls.get(location.scriptId) ?? "";
    if (!url.startsWith("file:")) {
      continue;
    }
    const file = fileURLToPath(url);
    maps.has(file) || maps.set(file, mapOf(file));
    const found = maps.get(file)?.findEntry(location.lineNumber, location.columnNumber ?? 0) ?? {};
    const at = found.originalSource === undefined ? undefined : found.originalSource.replace(/^file:\/\//, "");
    const [source, line] = at === undefined ? [file, location.lineNumber] : [path.resolve(path.dirname(file), at), found.originalLine];
    const shown = path.relative(process.cwd(), source);
    if (!FOREIGN.test(shown) && !source.startsWith(workerData.sdk)) {
      return `${shown}:${line + 1}${functionName ? ` in ${functionName.replace(/^Object\./, "")}` : ""}`;
    }
  }
  return undefined;
}

/** Looks whether the main thread gets on. */
function watch({ beats }) {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    const place = placeOf(params.callFrames, urls);
    if (process.env.LARK_PLUGIN_BUSY === "place") {
      fs.writeSync(1, place ?? "");
    } else {
      fs.writeSync(2, `\n${place ?? "the program"} has been busy for ${seconds} s, and the test ends: a loop without end?\n`);
    }
    process.kill(process.pid, "SIGKILL");
  });
  session.post("Debugger.enable", () => parentPort.postMessage("ready"));
  // CPU time, because a machine may be busy with others.
  let [last, since] = [0, process.cpuUsage()];
  setInterval(() => {
    const beat = Atomics.load(beats, 0);
    const { user, system } = process.cpuUsage(since);
    const isStuck = beat === last && user + system >= seconds * 1_000_000;
    if (beat !== last || isStuck) {
      [last, since] = [beat, process.cpuUsage()];
    }
    if (isStuck) {
      session.post("Debugger.pause");
    }
  }, LOOK_MS);
}

/** Whether somebody looks with a debugger: a program that stands at a breakpoint does not get on either. */
const isDebugged = inspectorUrl() !== undefined || Boolean(process.env.VSCODE_INSPECTOR_OPTIONS);

if (isMainThread && !isDebugged) {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const sdk = `${path.dirname(path.dirname(fs.realpathSync(fileURLToPath(import.meta.url))))}/src/`;
  const watcher = new Worker(new URL(import.meta.url), { workerData: { beats, sdk }, execArgv: [] });
  await once(watcher, "message");
  watcher.unref();
  setInterval(() => Atomics.add(beats, 0, 1), LOOK_MS / 2).unref();
} else if (!isMainThread && workerData?.beats !== undefined) {
  watch(workerData);
}
