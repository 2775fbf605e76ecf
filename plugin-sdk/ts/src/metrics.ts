/**
 * The plugin's metrics, counted by this server since its start. A label value is one of a few fixed words, never an id, a
 * person's name or free text.
 */

import border from "lark-callback:plugin/metrics@0.1.0";

import { is } from "./declared.ts";

type Labels = Record<string, string | number | boolean>;

/** Adds to a counter, exported as `lark_callback_plugin_NAME_total`. */
export function add(name: string, labels: Labels = {}, amount = 1): void {
  is("the name of a metric", name, "string");
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new TypeError(`a counter grows by a whole number, and not by ${JSON.stringify(amount)}`);
  }
  border.add(name, texts(labels), amount);
}

/** Records a duration in a histogram, exported as `lark_callback_plugin_NAME_seconds`. */
export function time(name: string, ms: number, labels: Labels = {}): void {
  is("the name of a metric", name, "string");
  if (!Number.isFinite(ms)) {
    throw new TypeError(`a duration is a number of milliseconds, and not ${JSON.stringify(ms)}`);
  }
  border.time(name, texts(labels), Math.max(0, Math.round(ms)));
}

/** What crosses to the host as another type ends the call without a line. */
function texts(labels: Labels): [string, string][] {
  return Object.entries(labels).map(([name, value]) => [name, String(value)]);
}
