/** The values under `[config]` in the operator's file beside the plugin. */

import border from "lark-callback:plugin/config@0.1.0";

import { Failure } from "./failure.ts";

/** Text as it is and other values as JSON; `undefined` when the key is not set. */
export function get(key: string): string | undefined {
  return border.get(key) ?? undefined;
}

/**
 * A value as the operator wrote it: a number, a list, a table, or a text; `undefined` when the key is not set. Name its `type` in
 * `wants`, so that another one is found when the plugin is loaded.
 */
export function read<T = unknown>(key: string): T | undefined {
  const value = get(key);
  if (value === undefined) {
    return undefined;
  }
  try {
    return JSON.parse(value) as T;
  } catch {
    return value as T; // a text is not written as JSON
  }
}

/** A required value. List the key in `wants` too, so that the plugin is not loaded without it. */
export function require(key: string): string {
  const value = get(key);
  if (value === undefined) {
    throw Failure.permanent(`${key} is not set under [config]`);
  }
  return value;
}
