/** The exports of a component, made of a plugin: not for authors, the build uses it. */

import { write as writeLog } from "./globals/console.ts";
import { type BorderFailure, Failure, describe, isMeant, toBorder } from "./failure.ts";
import { unknownTask } from "./declared.ts";
import type { LarkEvent, Plugin, Task } from "./plugin.ts";
import { handle, run } from "./plugin.ts";
import type { Outcome } from "./reply.ts";
import { written } from "./returned.ts";
import { placeOf, stackOf } from "./stack.ts";

type Pairs = [string, string][];

/** Event and task as they cross the border. */
export interface BorderEvent extends Omit<LarkEvent<string>, "type" | "attributes"> {
  eventType: string;
  attributes: Pairs;
}
export interface BorderTask extends Omit<Task<string>, "scheduledAtMs" | "attributes"> {
  attributes: Pairs;
}

export interface BorderOutcome {
  reply: { tag: "pass" } | { tag: "none" } | { tag: "json"; val: string };
  tasks: { plugin: string | null; name: string; payload: string; delayMs: number }[];
}

/** What the host is told of a plugin. */
export function description(plugin: Plugin, made: { name: string; version: string }) {
  const attributes: Pairs = [];
  if (plugin.orderingKey !== undefined) {
    attributes.push(["ordering-key", plugin.orderingKey]);
  }
  for (const { task, at, zone = "UTC", payload = {}, lateMsMax = 3_600_000 } of plugin.schedules ?? []) {
    attributes.push(["schedule", JSON.stringify({ task, at, zone, payload, late_ms_max: lateMsMax })]);
  }
  for (const { kind, value, type } of plugin.wants ?? []) {
    if (kind === "config" && type !== undefined) {
      attributes.push(["config", JSON.stringify({ key: value, type })]);
    }
  }
  return {
    name: plugin.name ?? made.name,
    version: plugin.version ?? made.version,
    eventTypes: Object.keys(plugin.events ?? {}),
    wants: (plugin.wants ?? []).map(({ kind, value, reason }) => ({ kind, value, reason })),
    finishesLate: plugin.finishesLate ?? false,
    attributes,
  };
}

export type Call = { event: BorderEvent } | { task: BorderTask };

/** Handles an event or a task as it crosses the border; what it throws is a failure as it crosses the border. */
export function answer(plugin: Plugin, call: Call): Promise<BorderOutcome> | BorderOutcome {
  try {
    const outcome = outcomeOf(plugin, call);
    if ("then" in outcome) {
      return outcome.catch((error: unknown) => {
        throw failed(error);
      });
    }
    return outcome;
  } catch (error) {
    throw failed(error);
  }
}

/** Handles an event or a task as it crosses the border; what it throws is what the handler has thrown. */
export function outcomeOf(plugin: Plugin, call: Call): Promise<BorderOutcome> | BorderOutcome {
  const handled = "event" in call ? handle(plugin, toEvent(call.event)) : run(plugin, toTask(call.task));
  const crossing = (outcome: Outcome | void): BorderOutcome => toBorderOutcome(plugin, call, outcome);
  return handled instanceof Object && "then" in handled ? handled.then(crossing) : crossing(handled);
}

/** Errors of promises that are told in the log; the rest of many is alike. */
const UNAWAITED_MAX = 10;

/** What is said of the error of a promise that nobody awaits. */
export function unawaited(error: unknown): string {
  return `a promise that nobody awaits has failed: ${describe(error)}`;
}

/** Tells the operator of promises that have failed while nobody awaited them: no reply and no retry comes of such an error. */
export function tellUnawaited(errors: unknown[]): void {
  for (const error of errors.slice(0, UNAWAITED_MAX)) {
    writeLog("error", `${unawaited(error)}\n${error instanceof Error ? stackOf(error) : ""}`.trimEnd());
  }
  if (errors.length > UNAWAITED_MAX) {
    writeLog("error", `… and ${errors.length - UNAWAITED_MAX} more promises that nobody awaits`);
  }
}

/** What the host is told of what a handler has thrown; the log is told where, if it was not meant. */
export function failed(error: unknown): BorderFailure {
  if (!(error instanceof Error) || isMeant(error)) {
    return toBorder(error);
  }
  writeLog("error", `${describe(error)}\n${stackOf(error)}`.trimEnd());
  return toBorder(error, placeOf(error));
}

function toEvent(event: BorderEvent): LarkEvent {
  const { eventType, attributes, payload, ...same } = event;
  return { ...same, type: eventType, payload: parse(payload), attributes: Object.fromEntries(attributes) };
}

function toTask(task: BorderTask): Task {
  const attributes = Object.fromEntries(task.attributes);
  const scheduled = attributes["scheduled-at-ms"];
  const scheduledAtMs = scheduled === undefined ? undefined : Number(scheduled);
  return { ...task, payload: parse(task.payload), attributes, scheduledAtMs };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw Failure.permanent("the payload is not JSON");
  }
}

/** The handler of a call, as its author has named it. */
function handlerName(plugin: Plugin, call: Call): string {
  if ("task" in call) {
    return `the task ${JSON.stringify(call.task.name)}`;
  }
  const { eventType } = call.event;
  return JSON.stringify(Object.hasOwn(plugin.events ?? {}, eventType) ? eventType : "*");
}

function toBorderOutcome(plugin: Plugin, call: Call, returned: Outcome | void): BorderOutcome {
  const { reply, isJson, tasks } = written(handlerName(plugin, call), returned);
  const handlers = plugin.tasks ?? {};
  // One for another plugin is that plugin's to know.
  const unknown = tasks.find(({ name, plugin: other }) => other === null && !Object.hasOwn(handlers, name));
  if (unknown !== undefined) {
    throw Failure.permanent(unknownTask(unknown.name, handlers));
  }
  return { reply: isJson ? { tag: "json", val: reply } : { tag: reply as "none" | "pass" }, tasks };
}
