/// <reference path="../border.d.ts" />
/// <reference path="../globals.d.ts" />
/// <reference path="./node.d.ts" />
/** Tests of a plugin in Node: the handler is called as in the sandbox, with a host in memory. */

import { type BorderOutcome, type Call, failed, outcomeOf, tellUnawaited, unawaited } from "../component.ts";
import { members, oneOf } from "../declared.ts";
import type { BorderFailure } from "../failure.ts";
import type { Plugin } from "../plugin.ts";
import { without } from "./absent.ts";
import { type FakeHost, current } from "./host.ts";
import { placeOf, watched } from "./places.ts";
import { refusedReply, refusedTasks } from "./refusals.ts";

export type { Canned, ConfigValue, HostOptions, LarkCall, SentRequest } from "./host.ts";
export type { Uploaded } from "./media.ts";
export { FakeHost, failure, rejection } from "./host.ts";

/** The secure random numbers of Node. */
const nodeCrypto = Reflect.get(globalThis, "crypto") as { getRandomValues(bytes: Uint8Array): Uint8Array };

/** An interface of whatever host is the current one when a function is called. */
function ofCurrent(name: keyof FakeHost["border"]): object {
  return new Proxy({}, { get: (_, method) => Reflect.get(current.border[name], method) });
}

/** The imports of the plugin under test; the build of tests puts them in place of the real ones. */
export const border = {
  log: ofCurrent("log"),
  config: ofCurrent("config"),
  kv: ofCurrent("kv"),
  openapi: ofCurrent("openapi"),
  http: ofCurrent("http"),
  media: ofCurrent("media"),
  oauth: ofCurrent("oauth"),
  metrics: ofCurrent("metrics"),
  random: { getRandomBytes: (length: number): Uint8Array => nodeCrypto.getRandomValues(new Uint8Array(length)) },
};

/** What came of a call. */
export interface Result {
  /** The reply as JSON, `"none"` or `"pass"`. After a failure there is none. */
  readonly reply: any;
  tasks: { name: string; payload: any; delayMs: number; plugin: string | null }[];
  /** What the host is told of a failure, if the test expects one with `fails`. */
  failure: { message: string; retry: { afterMs: number | null } | null } | undefined;
}

export interface CallOptions {
  attempt?: number;
  /** The test expects that the plugin fails: `failure` then says how. Without it, a failure ends the test. */
  fails?: boolean;
}

export interface EventOptions extends CallOptions {
  id?: string;
  appId?: string;
  tenantKey?: string;
  kind?: "callback" | "event";
}

const CALL_OPTIONS = ["attempt", "fails"];
const EVENT_OPTIONS = [...CALL_OPTIONS, "id", "appId", "tenantKey", "kind"];

/** Has a plugin handle an event. */
export async function handle(plugin: Plugin, type: string, payload: unknown, options: EventOptions = {}): Promise<Result> {
  members("handle", options, EVENT_OPTIONS, "option");
  const callbacks = ["card.action.trigger", "url.preview.get", "oauth_redirect"];
  const kind = options.kind ?? (callbacks.includes(type) ? "callback" : "event");
  oneOf("kind", kind, ["callback", "event"]);
  const event = {
    id: options.id ?? "e1",
    eventType: type,
    kind,
    schema: "2.0",
    appId: options.appId ?? "cli_1",
    tenantKey: options.tenantKey ?? "tenant",
    createTimeMs: current.nowMs,
    payload: JSON.stringify(payload),
    attempt: options.attempt ?? 1,
    budgetMs: 2400,
    attributes: [],
  };
  return result(plugin, { event }, options);
}

/** Has a plugin handle a whole body as Lark sends it, such as a file of `fixtures/`. */
export async function handleBody(plugin: Plugin, body: any, options: CallOptions = {}): Promise<Result> {
  members("handleBody", options, CALL_OPTIONS, "option");
  const { event_type: type, event_id: id, app_id: appId, tenant_key: tenantKey } = body.header;
  return handle(plugin, type, body.event, { ...options, id, appId, tenantKey });
}

/** Has a plugin run a task; a number is its attempt. */
export async function run(plugin: Plugin, name: string, payload: unknown = {}, options: CallOptions | number = {}): Promise<Result> {
  const given = typeof options === "number" ? { attempt: options } : options;
  members("run", given, CALL_OPTIONS, "option");
  const { attempt = 1 } = given;
  const task = { id: "t1", name, payload: JSON.stringify(payload), requestedBy: "", appId: "cli_1", attempt, budgetMs: 60_000 };
  return result(plugin, { task: { ...task, attributes: [] } }, given);
}

/** A click on a button with this value. */
export function click(value: unknown, openId = "ou_anna", form?: Record<string, unknown>) {
  return {
    operator: { open_id: openId },
    token: "c-1",
    host: "im_message",
    action: { tag: "button", value, ...(form && { form_value: form, name: "submit" }) },
    context: { open_message_id: "om_card", open_chat_id: "oc_chat" },
  };
}

/** A text message; with `mentionsBot` it begins with a mention of the bot. */
export function textMessage(text: string, openId = "ou_anna", options: { mentionsBot?: boolean } = {}) {
  members("textMessage", options, ["mentionsBot"], "option");
  const bot = { key: "@_user_1", id: { open_id: "ou_bot" }, name: "Bot", mentioned_type: "bot" };
  return {
    sender: { sender_id: { open_id: openId }, sender_type: "user", tenant_key: "tenant" },
    message: {
      message_id: "om_1",
      chat_id: "oc_chat",
      chat_type: options.mentionsBot ? "group" : "p2p",
      message_type: "text",
      create_time: "1704067200000",
      content: JSON.stringify({ text: options.mentionsBot ? `@_user_1 ${text}` : text }),
      mentions: options.mentionsBot ? [bot] : [],
    },
  };
}

/** A link that is to be previewed. */
export function link(url: string, openId = "ou_anna") {
  return { operator: { open_id: openId }, host: "im_message", context: { url, open_message_id: "om_1", open_chat_id: "oc_chat" } };
}

async function result(plugin: Plugin, call: Call, { fails = false }: CallOptions): Promise<Result> {
  const { made, lost } = await watched(async () => {
    try {
      return { outcome: await without(async () => outcomeOf(plugin, call)) };
    } catch (error) {
      return { error };
    }
  });
  const failure = "error" in made ? toFailure(failed(made.error)) : undefined;
  if (lost.length > 0) {
    tellUnawaited(lost);
    throw ended(unawaited(lost[0]), lost[0], "await it, or catch its error");
  }
  if (failure !== undefined && !fails) {
    throw ended(`the plugin failed: ${failure.message}`, made.error, "a test that expects it says so with { fails: true }");
  }
  if (failure !== undefined) {
    return {
      get reply(): never {
        throw new Error(`there is no reply, because the plugin failed: ${failure.message}`);
      },
      tasks: [],
      failure,
    };
  }
  if (fails) {
    throw new Error("the plugin did not fail, and the test expects it with { fails: true }");
  }
  const { reply, tasks } = made.outcome as BorderOutcome;
  checkOutcome(call, made.outcome as BorderOutcome);
  return {
    reply: reply.tag === "json" ? JSON.parse(reply.val) : reply.tag,
    tasks: tasks.map((task) => ({ ...task, payload: JSON.parse(task.payload) })),
    failure: undefined,
  };
}

/** Ends a test whose outcome the server would refuse, in its words. */
function checkOutcome(call: Call, { reply, tasks }: BorderOutcome): void {
  if ("event" in call && call.event.kind === "callback" && reply.tag === "json") {
    const said = refusedReply(call.event.eventType, reply.val);
    if (said !== undefined) {
      throw new Error(`Lark would not take this reply: ${said}`);
    }
  }
  const said = refusedTasks(current.limits, tasks);
  if (said !== undefined) {
    throw new Error(`a server would refuse the tasks: ${said}`);
  }
}

function toFailure({ tag, val }: BorderFailure): Result["failure"] {
  return tag === "retry" ? { message: val.message, retry: { afterMs: val.afterMs } } : { message: val, retry: null };
}

/** The end of a test, with the place in the plugin; the runner shows the stack of the cause. */
function ended(said: string, cause: unknown, hint: string): Error {
  const place = placeOf(cause);
  return new Error(`${said}${place === undefined ? "" : ` at ${place}`}\n(${hint})`, { cause });
}
