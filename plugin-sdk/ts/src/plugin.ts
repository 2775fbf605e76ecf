/** The declaration of a plugin: which events it handles, and what it needs. */

import { type KINDS, type TYPES, check, unknownTask } from "./declared.ts";
import type { EventPayloads } from "./generated/events.ts";
import { Failure } from "./failure.ts";
import type { Outcome } from "./reply.ts";

/** One event that Lark sent, verified and decrypted by the host. */
export interface LarkEvent<T = unknown> {
  /** Lark's id, unique per application. Use it as the key for anything that must happen only once. */
  id: string;
  /** Lark's event type, for example `card.action.trigger`. */
  type: string;
  /** A request whose reply the user sees, or a notification. */
  kind: "callback" | "event";
  /** `2.0`, `1.0`, `card-v1` or `redirect`. */
  schema: string;
  appId: string;
  tenantKey: string;
  /** In milliseconds since 1970; 0 when Lark sent none. */
  createTimeMs: number;
  /** The `event` object. It may hold message texts and card tokens: do not log it. */
  payload: T;
  /** The number of this attempt; 1 for the first. */
  attempt: number;
  /** The time budget of this call, in milliseconds. */
  budgetMs: number;
  attributes: Record<string, string>;
}

/** A task that is due. */
export interface Task<T = unknown> {
  /** Stays the same when the task is retried. */
  id: string;
  name: string;
  payload: T;
  /** The plugin that scheduled it; empty for a task from the operator. */
  requestedBy: string;
  appId: string;
  attempt: number;
  budgetMs: number;
  /** The time for which a schedule runs it, in milliseconds since 1970. */
  scheduledAtMs: number | undefined;
  attributes: Record<string, string>;
}

/** A requirement that the operator must meet; without it the plugin is not loaded. */
export interface Want {
  kind: (typeof KINDS)[number];
  /** The key under `[config]`, or the entry of the list under `[grant]`. */
  value: string;
  /** The reason, shown to the operator. */
  reason: string;
  /** Of a key under `[config]`: the type that its value must have. With another one the plugin is not loaded. */
  type?: (typeof TYPES)[number];
}

/** A task that runs by itself at certain times. */
export interface Schedule {
  task: string;
  /** Minute, hour, day of the month, month and day of the week, as in a crontab. */
  at: string;
  /** The time zone of `at`; UTC when absent. */
  zone?: string;
  payload?: unknown;
  /** The age up to which a missed time is made up for. */
  lateMsMax?: number;
}

/** A handler may return its outcome or a promise of it; nothing means `done`. */
export type Handled = Outcome | void | Promise<Outcome | void>;

export type Handlers = {
  [T in keyof EventPayloads]?: (event: LarkEvent<EventPayloads[T]>) => Handled;
} & {
  // biome-ignore lint: events that the SDK does not know have a payload of any shape
  [type: string]: ((event: LarkEvent<any>) => Handled) | undefined;
};

export interface Plugin {
  /** The display name; the package's name when absent. */
  name?: string;
  /** The displayed version; the package's version when absent. */
  version?: string;
  /** One handler for each of Lark's event types; `*` gets every type that no plugin lists by name. */
  events?: Handlers;
  /** One handler for each task. */
  // biome-ignore lint: a handler names the type of its own payload
  tasks?: Record<string, (task: Task<any>) => Handled>;
  /** Configuration and grants that the plugin requires. */
  wants?: Want[];
  /** True when a call that exceeds its budget may continue; a click is then answered with "working on it" at first. */
  finishesLate?: boolean;
  /** A JSON pointer into the payload: events with the same value there are handled one at a time, in order. */
  orderingKey?: string;
  schedules?: Schedule[];
}

/** Declares a plugin; the default export of its main file. Throws what is wrong with it, which the build shows. */
export function definePlugin(plugin: Plugin): Plugin {
  check(plugin);
  return plugin;
}

/** The plugin that was called last. */
let called: Plugin | undefined;

/** The type of a value under `[config]` that the plugin names in its `wants`. */
export function wantedType(key: string): Want["type"] {
  return called?.wants?.find(({ kind, value }) => kind === "config" && value === key)?.type;
}

/** What the handler of an event makes of it. */
export function handle(plugin: Plugin, event: LarkEvent): Handled {
  called = plugin;
  const events = plugin.events ?? {};
  const handler = Object.hasOwn(events, event.type) ? events[event.type] : events["*"];
  if (handler === undefined) {
    throw Failure.permanent(`there is no handler for the event type ${JSON.stringify(event.type)}`);
  }
  return handler(event);
}

/** What the handler of a task makes of it. */
export function run(plugin: Plugin, task: Task): Handled {
  called = plugin;
  const tasks = plugin.tasks ?? {};
  const handler = Object.hasOwn(tasks, task.name) ? tasks[task.name] : undefined;
  if (handler === undefined) {
    throw Failure.permanent(unknownTask(task.name, tasks));
  }
  return handler(task);
}
