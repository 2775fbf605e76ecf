/** Checks of a declaration, in the author's words: the host would name a wrong value in those of the interface. */

import type { Plugin } from "./plugin.ts";

export const KINDS = ["config", "openapi", "openapi_as_user", "oauth", "http", "http_private", "tasks"] as const;
export const TYPES = ["text", "integer", "number", "boolean", "list", "table"] as const;

const PLUGIN = ["name", "version", "events", "tasks", "wants", "finishesLate", "orderingKey", "schedules"];
const WANT = ["kind", "value", "reason", "type"];
const SCHEDULE = ["task", "at", "zone", "payload", "lateMsMax"];

/** What the types are called elsewhere. */
const OTHER_NAMES: Record<string, string> = {
  string: "text",
  str: "text",
  int: "integer",
  bigint: "integer",
  float: "number",
  double: "number",
  bool: "boolean",
  array: "list",
  object: "table",
  dict: "table",
  map: "table",
};

/** Slips of a name that is still told as the nearest. */
const SLIPS_MAX = 2;

export type Members = Record<string, unknown>;

/** Throws what is wrong with a declaration, with its place in it. */
export function check(plugin: Plugin): void {
  const declared = members("the plugin", plugin, PLUGIN);
  for (const name of ["name", "version", "orderingKey"]) {
    is(name, declared[name], "string", true);
  }
  is("finishesLate", declared["finishesLate"], "boolean", true);
  for (const name of ["events", "tasks"]) {
    is(name, declared[name], "object", true);
    for (const [of, handler] of Object.entries((declared[name] ?? {}) as Record<string, object | undefined>)) {
      is(`${name}[${JSON.stringify(of)}]`, handler, "function", true);
      if (String(handler?.constructor?.name) === "GeneratorFunction") {
        throw new TypeError(`${name}[${JSON.stringify(of)}] is a generator, whose code would not run; return an outcome`);
      }
    }
  }
  list("wants", declared["wants"]).forEach((want, at) => checkWant(`wants[${at}]`, members(`wants[${at}]`, want, WANT)));
  list("schedules", declared["schedules"]).forEach((schedule, at) => {
    const place = `schedules[${at}]`;
    const { task, at: time, zone, lateMsMax } = members(place, schedule, SCHEDULE);
    is(`${place}.task`, task, "string");
    const tasks = Object.keys((declared["tasks"] ?? {}) as Members);
    if (!tasks.includes(task as string)) {
      throw new TypeError(`${place}.task is ${shown(task)}, and tasks has no handler of that name${nearest(task, tasks) ?? ""}`);
    }
    is(`${place}.at`, time, "string");
    is(`${place}.zone`, zone, "string", true);
    is(`${place}.lateMsMax`, lateMsMax, "number", true);
  });
}

/** What is said of a task that no handler is for. */
export function unknownTask(name: string, handlers: object): string {
  const known = Object.keys(handlers);
  return `the plugin does not know the task \`${name}\`; ${known.length > 0 ? `it knows \`${known.join("`, `")}\`` : "it does no tasks"}`;
}

function checkWant(place: string, { kind, value, reason, type }: Members): void {
  oneOf(`${place}.kind`, kind, KINDS);
  is(`${place}.value`, value, "string");
  is(`${place}.reason`, reason, "string");
  if (type === undefined) {
    return;
  }
  oneOf(`${place}.type`, type, TYPES);
  if (kind !== "config") {
    throw new TypeError(`${place}.type is of a value under [config], and its kind is ${shown(kind)}; leave it out`);
  }
}

/** An object with only the members that are read. */
export function members(place: string, value: unknown, known: readonly string[], called = "member"): Members {
  is(place, value, "object");
  const unknown = Object.keys(value as Members).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${place} has no ${called} ${unknown}${nearest(unknown, known) ?? `; it may have ${known.join(", ")}`}`);
  }
  return value as Members;
}

function list(place: string, value: unknown): unknown[] {
  if (value !== undefined && !Array.isArray(value)) {
    throw new TypeError(`${place} must be an array, and is ${shown(value)}`);
  }
  return value ?? [];
}

export function is(place: string, value: unknown, wanted: string, mayBeAbsent = false): void {
  const isAsWanted = typeof value === wanted && value !== null && !(wanted === "object" && Array.isArray(value));
  if (!isAsWanted && !(mayBeAbsent && value === undefined)) {
    throw new TypeError(`${place} must be ${/^[aeiou]/.test(wanted) ? "an" : "a"} ${wanted}, and is ${shown(value)}`);
  }
}

export function oneOf(place: string, value: unknown, known: readonly string[]): void {
  if (!known.includes(value as string)) {
    const all = known.map((name) => JSON.stringify(name)).join(", ");
    throw new TypeError(`${place} must be one of ${all}, and is ${shown(value)}${nearest(value, known) ?? ""}`);
  }
}

function shown(value: unknown): string {
  return typeof value === "function" ? value.name || "a function" : (JSON.stringify(value) ?? String(value));
}

/** A hint at the name that was meant, if one is much like it. */
function nearest(value: unknown, known: readonly string[]): string | undefined {
  const given = (typeof value === "function" ? value.name : String(value)).toLowerCase().replaceAll(/[-_ ]/g, "");
  const other = OTHER_NAMES[given];
  const distances = known.map((name): [number, string] => [distance(given, name.toLowerCase().replaceAll("_", "")), name]);
  const [slips, near] = distances.reduce((best, next) => (next[0] < best[0] ? next : best), [Number.POSITIVE_INFINITY, ""]);
  const meant = other !== undefined && known.includes(other) ? other : slips <= SLIPS_MAX ? near : undefined;
  return meant === undefined ? undefined : `; the nearest is ${JSON.stringify(meant)}`;
}

/** Letters to insert, to leave out or to replace until one word is the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (let to = 0; to < other.length; to++) {
      next.push(Math.min(row[to + 1]! + 1, next[to]! + 1, row[to]! + (letter === other[to] ? 0 : 1)));
    }
    row = next;
  }
  return row[other.length]!;
}
