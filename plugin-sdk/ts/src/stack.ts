/** The stack of an error, in the files that the author wrote: the build leaves a table of the lines of its bundle. */

interface Places {
  sources: string[];
  /** For each line of the bundle `source:line`, or `-`. */
  lines: string;
}

/** The stack with the author's files and lines; as it is where there is no table. */
export function stackOf(error: Error): string {
  const stack = (error.stack ?? "").trimEnd();
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
