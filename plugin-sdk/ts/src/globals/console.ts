/** `console`, whose lines go to the operator's log. */

import border from "lark-callback:plugin/log@0.1.0";

import { stackOf } from "../stack.ts";

type Level = "debug" | "info" | "warn" | "error";

/** Depth to which objects are shown: a card has its texts eight levels down, and deeper inside of forms. */
const DEPTH_MAX = 12;

/** Values of one message: more than a line of the log has room for. Objects that refer to each other would have no end. */
const VALUES_MAX = 2000;

/** Values shown of the present message. */
let shown = 0;

const counts = new Map<string, number>();
const timers = new Map<string, number>();

/**
 * Writes each line of a message as a line of its own: within one, the log has no line ends. The host cuts what is too much, and
 * says so.
 */
export function write(level: Level, message: string): void {
  for (const line of message.split("\n")) {
    border.write(level, line);
  }
}

const line =
  (level: Level) =>
  (...values: unknown[]): void =>
    write(level, format(values));

/** The functions of the Console Standard that have something to say in a log. */
export const console = {
  debug: line("debug"),
  log: line("info"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
  trace: line("debug"),
  dir: (value: unknown): void => write("info", whole(value)),
  table: (value: unknown): void => write("info", whole(value)),
  group: line("info"),
  groupCollapsed: line("info"),
  groupEnd: (): void => {},
  assert: (holds: unknown, ...values: unknown[]): void => {
    if (!holds) {
      write("error", `Assertion failed: ${format(values)}`);
    }
  },
  count: (label = "default"): void => {
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    write("info", `${label}: ${count}`);
  },
  countReset: (label = "default"): void => {
    counts.delete(label);
  },
  time: (label = "default"): void => {
    timers.set(label, performance.now());
  },
  timeLog: (label = "default", ...values: unknown[]): void => {
    const passed = (performance.now() - (timers.get(label) ?? performance.now())).toFixed(3);
    write("info", format([`${label}: ${passed} ms`, ...values]));
  },
  timeEnd: (label = "default"): void => {
    console.timeLog(label);
    timers.delete(label);
  },
};

function format(values: unknown[]): string {
  shown = 0;
  const rest = [...values];
  const parts: string[] = [];
  if (typeof rest[0] === "string" && rest.length > 1) {
    const text = rest.shift() as string;
    parts.push(
      text.replace(/%[sdifoOjc%]/g, (mark) => {
        if (mark === "%%" || rest.length === 0) {
          return mark === "%%" ? "%" : mark;
        }
        const value = rest.shift();
        switch (mark) {
          case "%s":
            return typeof value === "string" ? value : show(value, 0, []);
          case "%d":
          case "%i":
            return String(mark === "%i" ? Math.trunc(Number(value)) : Number(value));
          case "%f":
            return String(Number(value));
          case "%c":
            return "";
          default:
            return show(value, 0, []);
        }
      }),
    );
  }
  parts.push(...rest.map((value) => (typeof value === "string" ? value : show(value, 0, []))));
  return parts.join(" ");
}

/** One value of whatever type, as a text. */
export function whole(value: unknown): string {
  shown = 0;
  return show(value, 0, []);
}

/** Values one after the other, until there are too many. */
function several<T>(values: T[], one: (value: T) => string): string {
  const parts: string[] = [];
  for (const [at, value] of values.entries()) {
    if (shown >= VALUES_MAX) {
      parts.push(`… ${values.length - at} more`);
      break;
    }
    parts.push(one(value));
  }
  return parts.join(", ");
}

function show(value: unknown, depth: number, above: unknown[]): string {
  shown += 1;
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (typeof value === "function") {
    return `[Function: ${value.name || "(anonymous)"}]`;
  }
  if (typeof value !== "object" || value === null) {
    return String(value);
  }
  if (value instanceof Error) {
    const cause = value.cause === undefined ? "" : `\ncaused by ${show(value.cause, depth, above)}`;
    return `${value.name}: ${value.message}\n${stackOf(value)}`.trimEnd() + cause;
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  }
  if (value instanceof RegExp) {
    return String(value);
  }
  if (above.includes(value)) {
    return "[Circular]";
  }
  if (depth >= DEPTH_MAX) {
    return Array.isArray(value) ? "[Array …]" : "[Object …]";
  }
  const inside = [...above, value];
  const one = (part: unknown): string => show(part, depth + 1, inside);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `[${several(Array.from(value as ArrayLike<unknown>), one)}]`;
  }
  if (value instanceof Map) {
    return `Map {${several([...value], ([key, part]) => `${one(key)} => ${one(part)}`)}}`;
  }
  if (value instanceof Set) {
    return `Set {${several([...value], one)}}`;
  }
  const name = value.constructor?.name;
  const parts = several(Object.entries(value), ([key, part]) => `${key}: ${one(part)}`);
  return `${name === undefined || name === "Object" ? "" : `${name} `}{${parts}}`;
}
