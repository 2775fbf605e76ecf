/**
 * The plugin's metrics, counted by this server since its start. A label value is one of a few fixed words, never an id, a
 * person's name or free text.
 */

import border from "lark-callback:plugin/metrics@0.1.0";

/** Adds to a counter, exported as `lark_callback_plugin_NAME_total`. */
export function add(name: string, labels: Record<string, string> = {}, amount = 1): void {
  border.add(name, Object.entries(labels), amount);
}

/** Records a duration in a histogram, exported as `lark_callback_plugin_NAME_seconds`. */
export function time(name: string, ms: number, labels: Record<string, string> = {}): void {
  border.time(name, Object.entries(labels), Math.max(0, Math.round(ms)));
}
