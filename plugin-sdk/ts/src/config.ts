/** The values under `[config]` in the operator's file beside the plugin. */

import border from "lark-callback:plugin/config@0.1.0";

import { Failure } from "./failure.ts";

/** Text as it is and other values as JSON; `undefined` when the key is not set. */
export function get(key: string): string | undefined {
  return border.get(key) ?? undefined;
}

/** A required value. List the key in `wants` too, so that the plugin is not loaded without it. */
export function require(key: string): string {
  const value = get(key);
  if (value === undefined) {
    throw Failure.permanent(`${key} is not set under [config]`);
  }
  return value;
}
