/** The operator's log. Never write tokens, message texts or names into it. */

import border from "lark-callback:plugin/log@0.1.0";

/** Details for debugging the plugin. */
export function debug(message: string): void {
  border.write("debug", message);
}

/** Normal operation. */
export function info(message: string): void {
  border.write("info", message);
}

/** Something unexpected, without consequences for users. */
export function warn(message: string): void {
  border.write("warn", message);
}

/** A fault that needs attention. */
export function error(message: string): void {
  border.write("error", message);
}
