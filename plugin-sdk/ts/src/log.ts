/** The operator's log. Never write tokens, message texts or names into it. What is no text is written as `console` writes it. */

import border from "lark-callback:plugin/log@0.1.0";

import { whole } from "./globals/console.ts";

/** Details for debugging the plugin. */
export function debug(message: unknown): void {
  border.write("debug", textOf(message));
}

/** Normal operation. */
export function info(message: unknown): void {
  border.write("info", textOf(message));
}

/** Something unexpected, without consequences for users. */
export function warn(message: unknown): void {
  border.write("warn", textOf(message));
}

/** A fault that needs attention. */
export function error(message: unknown): void {
  border.write("error", textOf(message));
}

function textOf(message: unknown): string {
  return typeof message === "string" ? message : whole(message);
}
