/** What TypeScript has elsewhere and not in the sandbox, and what there is instead. */

import all from "./absent.json";

/** Names of globals, each with what is said of it. */
export const ABSENT: Readonly<Record<string, string>> = all;

/** As engines say it of a name that is nowhere. */
const NOT_DEFINED = /^'?([A-Za-z_]+)'? is not defined$/;

/** What there is instead of what an error is about, if it is about something that the sandbox lacks. */
export function instead(error: Error): string | undefined {
  if (error.name !== "ReferenceError") {
    return undefined;
  }
  const [, name = ""] = NOT_DEFINED.exec(error.message) ?? [];
  return Object.hasOwn(ABSENT, name) ? ABSENT[name] : undefined;
}
