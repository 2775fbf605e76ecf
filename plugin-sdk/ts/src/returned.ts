/** Checks of what a handler has returned: it crosses the border as JSON, and the host could not tell whose it was. */

import { Failure } from "./failure.ts";

type Members = Record<string, unknown>;

const OUTCOME = ["reply", "tasks"];
const TASK = ["name", "payload", "delayMs", "plugin"];

/** Members of a reply in Lark's shape, which is no outcome yet. */
const OF_REPLY = ["toast", "card", "inline"];

/** Letters of a text that are shown. */
const LETTERS_MAX = 60;

/** Depth of a reply: a card has its texts eight levels down, and a value that holds itself has no end. */
const DEPTH_MAX = 64;

export interface Returned {
  reply: "none" | "pass" | string;
  isJson: boolean;
  tasks: { plugin: string | null; name: string; payload: string; delayMs: number }[];
}

/** What a handler has returned, with its reply as JSON. What it is of is named, because a plugin has several handlers. */
export function written(handler: string, returned: unknown): Returned {
  const refuse = (said: string): never => {
    throw Failure.permanent(`the handler of ${handler} returned ${said}`);
  };
  if (returned === undefined || returned === null) {
    return { reply: "none", isJson: false, tasks: [] };
  }
  const outcome = isPlain(returned) ? returned : {};
  const { reply, tasks = [] } = outcome as { reply?: unknown; tasks?: unknown };
  const isWord = reply === "none" || reply === "pass";
  const stray = Object.keys(outcome).find((name) => !OUTCOME.includes(name));
  if (stray !== undefined || !(isWord || isPlain(reply))) {
    const hint = OF_REPLY.some((name) => name in outcome) ? "; json(…) makes a reply of it" : "";
    refuse(`${shown(returned)}; it returns what toast(), card(), preview(), json(), done or pass give${hint}`);
  }
  if (!Array.isArray(tasks)) {
    return refuse(`tasks that are ${shown(tasks)}; withTasks() adds tasks`);
  }
  const text = (place: string, value: unknown): string => asJson(place, value, refuse);
  const json = isWord ? undefined : (reply as { json?: unknown }).json;
  if (!isWord && !isPlain(json)) {
    refuse(`a reply that is ${shown(json)}; a reply is an object in the shape that Lark documents`);
  }
  return {
    reply: isWord ? reply : text("reply", json),
    isJson: !isWord,
    tasks: tasks.map((task: unknown, at) => taskOf(`tasks[${at}]`, task, refuse, text)),
  };
}

function taskOf(place: string, task: unknown, refuse: (said: string) => never, text: (place: string, value: unknown) => string) {
  const given: Members = isPlain(task) ? task : refuse(`${place} that is ${shown(task)}; a task is { name, payload, delayMs }`);
  const stray = Object.keys(given).find((name) => !TASK.includes(name));
  if (stray !== undefined) {
    refuse(`${place} with a member ${stray}; a task may have ${TASK.join(", ")}`);
  }
  const { name, payload = {}, delayMs = 0, plugin = null } = given;
  const must = (of: string, value: unknown, wanted: string): never => refuse(`${place} whose ${of} is ${shown(value)}; it is ${wanted}`);
  return {
    plugin: plugin === null || typeof plugin === "string" ? plugin : must("plugin", plugin, "a text"),
    name: typeof name === "string" ? name : must("name", name, "a text"),
    payload: text(`${place}.payload`, payload),
    delayMs: typeof delayMs === "number" && delayMs < Infinity ? Math.max(0, Math.ceil(delayMs)) : must("delayMs", delayMs, "a number"),
  };
}

/** JSON of a value. What JSON has no form for would be left out or be empty, and Lark would say something else of it. */
function asJson(place: string, value: unknown, refuse: (said: string) => never): string {
  const found = formless(value, 0);
  if (found !== undefined) {
    const where = found.path.reverse().map((name) => (typeof name === "number" ? `[${name}]` : `.${name}`));
    return refuse(`${found.what} in ${place}${where.join("")}, and JSON has no form for it`);
  }
  return JSON.stringify(value);
}

/** A value without a form, and its path from the innermost. */
interface Formless {
  what: string;
  path: (string | number)[];
}

/** Finds a value without a form. It looks at every part of every reply: the path is made when one is found, and not before. */
function formless(value: unknown, depth: number): Formless | undefined {
  const isNumber = typeof value === "number";
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint" || (isNumber && !Number.isFinite(value))) {
    return { what: shown(value), path: [] };
  }
  if (typeof value !== "object" || value === null || typeof (value as Members)["toJSON"] === "function") {
    return undefined;
  }
  if (isPromise(value) || value instanceof Map || value instanceof Set) {
    return { what: shown(value), path: [] };
  }
  if (depth > DEPTH_MAX) {
    return { what: "a value that is nested without end", path: [] };
  }
  for (const name in value) {
    const found = formless((value as Members)[name], depth + 1);
    if (found !== undefined) {
      // The path of a cycle is as long as the limit, and says nothing.
      found.path.push(Array.isArray(value) ? Number(name) : name);
      return found.what.endsWith("without end") && depth > 0 ? { ...found, path: [] } : found;
    }
  }
  return undefined;
}

function isPromise(value: object): boolean {
  return typeof (value as Members)["then"] === "function";
}

function isPlain(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isPromise(value);
}

/** A value as an author knows it again. Of objects the names alone: the values may be of people. */
function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the text ${JSON.stringify(value.length > LETTERS_MAX ? `${value.slice(0, LETTERS_MAX)}…` : value)}`;
    case "function":
      return `the function ${value.name || "without a name"}, which is to be called`;
    case "object":
      break;
    case "undefined":
      return "absent";
    default:
      return `the ${typeof value} ${String(value)}`;
  }
  if (value === null) {
    return "null";
  }
  if (Array.isArray(value)) {
    return "a list";
  }
  if (isPromise(value)) {
    return "a promise, which is to be awaited";
  }
  if (typeof (value as Members)["next"] === "function") {
    return "a generator, whose code does not run";
  }
  const kind = value.constructor?.name ?? "Object";
  const names = Object.keys(value);
  const members = names.length === 0 ? "without members" : `with ${names.slice(0, 10).join(", ")}`;
  return `${kind === "Object" ? "an object" : `an object ${kind}`} ${members}`;
}
