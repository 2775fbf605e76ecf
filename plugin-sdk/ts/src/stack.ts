/** The stack of an error, in the files that the author wrote: the build leaves a table of the lines of its bundle. */

interface Places {
  sources: string[];
  /** For each line of the bundle `source:line`, or `-`. */
  lines: string;
}

/** Lines of a stack: that of a recursion without end has thousands. */
const LINES_MAX = 50;

/** A frame with a file and a line: `at pick (src/plugin.ts:4)`. */
const FRAME = /^\s*at (?:.* \()?([^\s()]+:\d+)\)?$/;

/** Code that the author has not written: the SDK, packages, and what the build adds. */
const FOREIGN = /(?:^|\/)(?:lark-plugin-sdk|node_modules)\/|^entry\.js:/;

/** The innermost place of an error in the author's own files, as `src/plugin.ts:4`; absent where there is no table. */
export function placeOf(error: Error): string | undefined {
  if (!Reflect.has(globalThis, "larkPluginPlaces")) {
    return undefined;
  }
  const places = stackOf(error).split("\n").map((line) => FRAME.exec(line)?.[1]);
  return places.find((place) => place !== undefined && !FOREIGN.test(place));
}

/** The stack with the author's files and lines; as it is where there is no table. The end of a very long one is left out. */
export function stackOf(error: Error): string {
  const whole = (error.stack ?? "").trimEnd().split("\n");
  const left = whole.length - LINES_MAX;
  const stack = [...whole.slice(0, LINES_MAX), ...(left > 0 ? [`    … ${left} more lines`] : [])].join("\n");
  const places = Reflect.get(globalThis, "larkPluginPlaces") as Places | undefined;
  if (places === undefined) {
    return stack;
  }
  const lines = places.lines.split(" ");
  return stack.replace(/[^\s()]*plugin\.js:(\d+)(?::\d+)?/g, (place, line: string) => {
    const [source, at] = (lines[Number(line) - 1] ?? "-").split(":");
    return at === undefined ? place : `${places.sources[Number(source)]}:${at}`;
  });
}
