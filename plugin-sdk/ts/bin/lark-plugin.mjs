#!/usr/bin/env node
/** `lark-plugin build` makes the component of a plugin, `lark-plugin test` runs its tests in Node. */

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const PACKAGE = "lark-callback:plugin";
const PLUGIN = `${PACKAGE}/`;
const VERSION = "@0.1.0";
const RANDOM = "wasi:random/random@0.2.0";
/** The folder of what is in the making; other tools leave it alone, too. */
const OUT = path.join("node_modules", ".lark-plugin");
/** Files of this run alone: a watching tool and a person may build at the same time. */
const WORK = path.join(OUT, String(process.pid));
/** Seconds that a build may take: usual ones take two, and code outside of functions may have no end. */
const SECONDS_MAX = 600;
/** Seconds in which code outside of functions is through, when Node runs it to find where it has no end. */
const OUTSIDE_SECONDS = 3;

/** Stops with a sentence; its cause is not a fault of this program. */
class Stop extends Error {}

/** A package that the project has installed. */
async function installed(name) {
  for (const from of [path.resolve("package.json"), path.join(SDK, "package.json")]) {
    try {
      const found = createRequire(from).resolve(name);
      return await import(pathToFileURL(found).href);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND" && error.code !== "ERR_MODULE_NOT_FOUND") {
        throw error;
      }
    }
  }
  throw new Stop(`the package ${name} is not installed here: run \`npm install\``);
}

function manifest() {
  const file = path.resolve("package.json");
  if (!fs.existsSync(file)) {
    throw new Stop("there is no package.json here: go to the folder of a plugin, or make one with `lark-callback plugin new NAME --lang ts`");
  }
  const { name = "", version = "0.0.0", main } = JSON.parse(fs.readFileSync(file, "utf8"));
  const mains = [main, "src/plugin.ts", "src/plugin.js", "src/index.ts", "src/index.js"].filter(Boolean);
  const found = mains.find((candidate) => fs.existsSync(candidate));
  return { name, version, main: found };
}

/** Where the interfaces are: in a published package beside it, in this repository at the top. */
function interfaces() {
  const places = [path.join(SDK, "wit", "lark"), path.join(SDK, "..", "wit"), path.join(SDK, "..", "..", "wit")];
  const found = places.find((place) => fs.existsSync(path.join(place, "handler.wit")));
  if (found === undefined) {
    throw new Stop(`the interface of the host (handler.wit) is not beside the SDK; looked in ${places.join(", ")}`);
  }
  const file = path.join(found, "plugin.wit");
  const version = /^package\s+\S+?(@\S+);/m.exec(fs.readFileSync(file, "utf8"))?.[1];
  if (version !== VERSION) {
    throw new Stop(
      `${file} is the interface ${PACKAGE}${version ?? ""}, and this SDK is for ${PACKAGE}${VERSION}; ` +
        "get both from one server: run `lark-callback plugin new --update-sdk` in the folder of the plugin",
    );
  }
  return found;
}

/** Why a program does not get through the build, in which the code outside of its functions runs. */
function begun(message, places) {
  const [, called] = /unknown import: `([^`]+)` has not been defined/.exec(message) ?? [];
  if (called === undefined) {
    // Before the plugin's own error the engine tells its steps.
    const own = placed(message, places).replace(/^[: ]+/, "").replace(/^(?:Failed to [^:]+: )+/, "");
    const [, name] = /Error: '?([A-Za-z_]+)'? is not defined/.exec(own) ?? [];
    const absent = JSON.parse(fs.readFileSync(path.join(SDK, "src/absent.json"), "utf8"));
    return `the plugin cannot begin: ${own.trimEnd()}${Object.hasOwn(absent, name ?? "") ? `\n${absent[name]}` : ""}`;
  }
  const [name, method] = called.replace(PLUGIN, "").replace(/@[^#]*/, "").split("#");
  return `${name}.${method} is called outside of functions: this runs while the plugin is built, where there is no host; move it into a function`;
}

/** The limit of the build. */
function secondsMax() {
  const set = process.env.LARK_PLUGIN_BUILD_SECONDS_MAX || String(SECONDS_MAX);
  if (!/^[1-9]\d{0,4}$/.test(set)) {
    throw new Stop(`LARK_PLUGIN_BUILD_SECONDS_MAX is ${set}, and must be a number of seconds from 1 to 99999`);
  }
  return Number(set);
}

/** Where code outside of functions has no end: the engine that makes the component cannot tell, so Node runs it. */
function stuckAt(text, map) {
  const file = path.resolve(WORK, "outside.mjs");
  // On one line each, as esbuild writes them, so that the others stay where they are.
  const hostless = text.replace(
    /^import (\w+) from "(?:lark-callback|wasi):[^"]+";$/gm,
    "const $1 = new Proxy({}, { get: () => (length) => new Uint8Array(Number(length) || 0) });",
  );
  const inline = Buffer.from(map).toString("base64");
  fs.writeFileSync(file, `${hostless}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
  const watch = pathToFileURL(path.join(SDK, "bin/watch.mjs")).href;
  const environment = { ...process.env, LARK_PLUGIN_BUSY: "place", LARK_PLUGIN_BUSY_SECONDS_MAX: String(OUTSIDE_SECONDS) };
  const options = { env: environment, stdio: ["ignore", "pipe", "ignore"], timeout: 5000 * OUTSIDE_SECONDS };
  // What the program itself writes comes first.
  const said = spawnSync(process.execPath, ["--import", watch, file], options).stdout?.toString() ?? "";
  return said.split("\n").at(-1);
}

/** What is said of a build that has no end. */
function overLong(seconds, main, place) {
  const found = place ? `${place} does not come to an end` : `does a loop there have no end, in ${main} or in what it imports?`;
  return (
    `the build has taken ${seconds} s and is ended. What a module does outside of functions is done while it is built: ${found}. ` +
    "Move it into a function; or give the build more time, with LARK_PLUGIN_BUILD_SECONDS_MAX or `plugin build --seconds-max`"
  );
}

/** The SDK by its own path, so that a project can have it anywhere. */
const sdk = {
  name: "sdk",
  setup(build) {
    const { exports } = JSON.parse(fs.readFileSync(path.join(SDK, "package.json"), "utf8"));
    build.onResolve({ filter: /^lark-plugin-sdk($|\/)/ }, ({ path: asked }) => {
      const file = exports[asked.replace(/^lark-plugin-sdk/, ".")];
      if (file === undefined) {
        return { errors: [{ text: `lark-plugin-sdk has no part ${asked}` }] };
      }
      return { path: path.join(SDK, file), sideEffects: asked.endsWith("/prelude") };
    });
  },
};

/** Options that both bundles have. */
const shared = (esbuild, more) =>
  esbuild.build({
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    logLevel: "silent",
    legalComments: "none",
    conditions: ["lark-plugin"],
    // Packages ask for it, and there is no environment.
    define: { "process.env.NODE_ENV": '"production"' },
    inject: [path.join(SDK, "src/globals/index.ts")],
    ...more,
  });

async function bundled(work) {
  try {
    return await work();
  } catch (error) {
    const { formatMessages } = await installed("esbuild");
    if (!Array.isArray(error.errors)) {
      throw error;
    }
    const texts = await formatMessages(error.errors, { kind: "error", color: process.stderr.isTTY });
    const hint = error.errors.some(({ text }) => /Could not resolve "(node:)?[a-z]+(\/[a-z]+)?"/.test(text))
      ? "\na plugin has no modules of Node (node:fs, node:http …): what it can do is in the SDK"
      : "";
    throw new Stop(texts.join("").trimEnd() + hint);
  }
}

/** The program as one module, and the interfaces of the host that it uses. */
async function program({ name, version, main }) {
  const esbuild = await installed("esbuild");
  const entry = [
    'import "lark-plugin-sdk/prelude";',
    `import plugin from ${JSON.stringify(path.resolve(main))};`,
    'import { handlerOf } from "lark-plugin-sdk/sandbox";',
    `export const handler = handlerOf(plugin, ${JSON.stringify({ name, version })});`,
  ].join("\n");
  const border = {
    name: "border",
    setup(build) {
      build.onResolve({ filter: /^(lark-callback|wasi):/ }, ({ path: asked }) => ({ path: asked, external: true, sideEffects: false }));
    },
  };
  const { outputFiles, metafile } = await bundled(() =>
    shared(esbuild, {
      stdin: { contents: entry, resolveDir: process.cwd(), sourcefile: "entry.js" },
      plugins: [border, sdk],
      platform: "neutral",
      mainFields: ["module", "main"],
      metafile: true,
      outfile: "plugin.js",
      sourcemap: "external",
      sourcesContent: false,
      // The engine runs no jobs of promises; see src/globals/promise.ts.
      supported: { "async-await": false, "async-generator": false, "for-await": false },
    }),
  );
  const [, output] = Object.entries(metafile.outputs).find(([name]) => name.endsWith(".js"));
  const text = (ending) => outputFiles.find(({ path: file }) => file.endsWith(ending)).text;
  const places = placesOf(text(".map"));
  // At the end, so that the lines before it stay where they are.
  const whole = `${text(".js")}globalThis.larkPluginPlaces = ${JSON.stringify(places)};\n`;
  return { text: whole, map: mapFrom(text(".map")), places, imports: output.imports.map(({ path: used }) => used) };
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of a segment of a source map. */
function numbers(segment) {
  const found = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) === 0) {
      found.push(value & 1 ? -(value >> 1) : value >> 1);
      [value, shift] = [0, 0];
    }
  }
  return found;
}

/** A map whose sources are whole paths, wherever the bundle is put. */
function mapFrom(map) {
  const whole = JSON.parse(map);
  return JSON.stringify({ ...whole, sources: whole.sources.map((file) => path.resolve(file)) });
}

/** For each line of the bundle, the file and the line where its code comes from: `0:12 0:13 - 1:4`. */
function placesOf(map) {
  const { sources, mappings } = JSON.parse(map);
  let [source, line] = [0, 0];
  const lines = mappings.split(";").map((segments) => {
    let [first, indented, column] = [undefined, undefined, 0];
    for (const segment of segments.split(",").filter(Boolean)) {
      const [columnBy, sourceBy = 0, lineBy = 0] = numbers(segment);
      column += columnBy;
      source += sourceBy;
      line += lineBy;
      first ??= `${source}:${line + 1}`;
      // At the beginning of a line that is indented stands what the line before it was of.
      indented ??= column > 0 ? `${source}:${line + 1}` : undefined;
    }
    return indented ?? first ?? "-";
  });
  const shown = (file) => {
    const within = path.relative(SDK, path.resolve(file));
    return within.startsWith("..") || path.isAbsolute(within) ? file.replace(/^(\.\.\/)+/, "") : path.posix.join("lark-plugin-sdk", within);
  };
  return { sources: sources.map(shown), lines: lines.join(" ") };
}

/** A text in which places in the bundle are places in the files of the author. */
function placed(text, { sources, lines }) {
  const known = lines.split(" ");
  return text.replace(/[^\s()]*plugin\.js:(\d+)(?::\d+)?/g, (place, line) => {
    const [source, at] = (known[line - 1] ?? "-").split(":");
    return at === undefined ? place : `${sources[source]}:${at}`;
  });
}

/** A world with what the program uses and no more, so that an operator sees from its imports what a plugin can do. */
function world(imports, folder) {
  const deps = path.join(folder, "deps");
  fs.cpSync(interfaces(), path.join(deps, "lark"), { recursive: true });
  fs.cpSync(path.join(SDK, "wit", "random"), path.join(deps, "random"), { recursive: true });
  const used = [...new Set(imports)].filter((name) => name.startsWith(PLUGIN) || name === RANDOM);
  const lines = used.map((name) => `    import ${name};`);
  const text = `package plugin:built;\n\nworld built {\n${lines.join("\n")}\n    export ${PLUGIN}handler${VERSION};\n}\n`;
  fs.writeFileSync(path.join(folder, "world.wit"), text);
}

async function build(out) {
  const project = manifest();
  if (project.main === undefined) {
    throw new Stop("the plugin has no src/plugin.ts; name its main file with `main` in package.json");
  }
  const seconds = secondsMax();
  const { text, map, imports, places } = await program(project);
  const [wit, source] = [path.join(WORK, "wit"), path.join(WORK, "plugin.js")];
  world(imports, wit);
  fs.writeFileSync(source, text);
  const { componentize } = await installed("componentize-qjs");
  const made = componentize({ witPath: wit, world: "built", jsSource: text, jsPath: source, sync: true });
  const limit = setTimeout(() => {
    process.stderr.write(`${overLong(seconds, project.main, stuckAt(text, map))}\n`);
    fs.rmSync(WORK, { recursive: true, force: true });
    // The engine runs in a thread of this process, and nothing else would end it.
    process.exit(1);
  }, seconds * 1000);
  const caught = made.catch((error) => {
    throw new Stop(begun(error.message, places));
  });
  const { component } = await caught.finally(() => clearTimeout(limit));
  fs.mkdirSync(path.dirname(out), { recursive: true });
  const part = `${out}.${process.pid}.part`;
  fs.writeFileSync(part, component);
  fs.renameSync(part, out);
  process.stdout.write(`${JSON.stringify({ file: out, bytes: component.length })}\n`);
}

function* found(folder) {
  for (const entry of fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : []) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules") {
      yield* found(place);
    } else if (/\.test\.[jt]s$/.test(entry.name)) {
      yield place;
    }
  }
}

async function test(names) {
  const esbuild = await installed("esbuild");
  const files = names.length > 0 ? names : [...found("tests"), ...found("src")];
  if (files.length === 0) {
    throw new Stop("there are no tests: files are named NAME.test.ts, under tests/ or src/");
  }
  const border = {
    name: "border",
    setup(build) {
      build.onResolve({ filter: /^(lark-callback|wasi):/ }, ({ path: asked }) => ({ path: asked, namespace: "border" }));
      build.onLoad({ filter: /.*/, namespace: "border" }, ({ path: asked }) => {
        const name = /\/([a-z]+)@/.exec(asked)?.[1];
        return { contents: `import { border } from "lark-plugin-sdk/testing"; export default border.${name};`, resolveDir: SDK };
      });
    },
  };
  fs.mkdirSync(WORK, { recursive: true });
  // Node takes the places of a map from where the file really is, also when node_modules is a link.
  const outdir = path.join(fs.realpathSync(WORK), "tests");
  await bundled(() =>
    shared(esbuild, {
      entryPoints: files,
      write: true,
      outdir,
      outExtension: { ".js": ".mjs" },
      platform: "node",
      sourcemap: "inline",
      plugins: [border, sdk],
    }),
  );
  const made = fs.readdirSync(outdir, { recursive: true }).filter((file) => file.endsWith(".mjs"));
  const watch = pathToFileURL(path.join(SDK, "bin/watch.mjs")).href;
  const run = spawnSync(process.execPath, ["--import", watch, "--enable-source-maps", "--test", ...made.map((file) => path.join(outdir, file))], {
    stdio: "inherit",
    // As in the sandbox.
    env: { ...process.env, TZ: "UTC" },
  });
  process.exitCode = run.status ?? 1;
}

try {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "build") {
    const at = rest.indexOf("--out");
    await build(at < 0 ? path.join("dist", `${manifest().name.replace(/^@[^/]+\//, "")}.wasm`) : rest[at + 1]);
  } else if (command === "test") {
    await test(rest);
  } else {
    throw new Stop("usage: lark-plugin build [--out FILE] | lark-plugin test [FILES]");
  }
} catch (error) {
  if (!(error instanceof Stop)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  fs.rmSync(WORK, { recursive: true, force: true });
}
