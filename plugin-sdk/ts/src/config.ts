/** The values under `[config]` in the operator's file beside the plugin. */

import border from "lark-callback:plugin/config@0.1.0";

import { is } from "./declared.ts";
import { Failure } from "./failure.ts";
import { wantedType } from "./plugin.ts";

/** Texts and numbers of JSON. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Text exactly as the operator wrote it, and other values as JSON; `undefined` when the key is not set. */
export function get(key: string): string | undefined {
  is("a key", key, "string");
  return border.get(key) ?? undefined;
}

/**
 * A value that is not a text: a number, a boolean, a list or a table; `undefined` when the key is not set.
 *
 * The host gives texts as they are and the rest as JSON, so `"true"` and `true` look the same here. The `type` that `wants` names
 * decides: with `text` the text is returned as it is. Without a type, whatever can be read as JSON is, also the texts `"true"`,
 * `"7"` and `"[1]"`; use `get` for texts. A number that would lose digits (`12345678901234567890`, `1.10`) stays a text.
 */
export function read<T = unknown>(key: string): T | undefined {
  const value = get(key);
  if (value === undefined || wantedType(key) === "text") {
    return value as T | undefined;
  }
  try {
    const exact = value.replace(TEXT_OR_NUMBER, (part) => (part.startsWith('"') || isExact(part) ? part : `"${part}"`));
    return JSON.parse(exact) as T;
  } catch {
    return value as T; // a text is not written as JSON
  }
}

/** Whether a number of JSON has the same digits as a number of the language. */
function isExact(written: string): boolean {
  const number = Number(written);
  return /^-?\d+$/.test(written) ? Number.isSafeInteger(number) : digits(written) === digits(String(number));
}

/** The digits that count, without sign, point and exponent. */
function digits(written: string): string {
  const mantissa = written.replace(/^-/, "").replace(/[eE].*$/, "").replace(/\.0$/, "");
  const counted = mantissa.includes(".") ? mantissa : mantissa.replace(/0+$/, "");
  return counted.replace(".", "").replace(/^0+/, "");
}

/** A required value. List the key in `wants` too, so that the plugin is not loaded without it. */
export function require(key: string): string {
  const value = get(key);
  if (value === undefined) {
    throw Failure.permanent(`${key} is not set under [config]`);
  }
  return value;
}
