/// <reference path="./node.d.ts" />
/** Tests of a plugin in Node: the handler is called as in the sandbox, with a host in memory. */

import { type BorderOutcome, answer } from "../component.ts";
import type { BorderFailure } from "../failure.ts";
import type { Plugin } from "../plugin.ts";
import { type FakeHost, current } from "./host.ts";

export type { Canned, ConfigValue, LarkCall, SentRequest } from "./host.ts";
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
  /** The reply as JSON, `"none"` or `"pass"`. After a failure there is none, and the test ends with what went wrong. */
  readonly reply: any;
  tasks: { name: string; payload: any; delayMs: number; plugin: string | null }[];
  failure: { message: string; retry: { afterMs: number | null } | null } | undefined;
}

export interface EventOptions {
  id?: string;
  appId?: string;
  tenantKey?: string;
  kind?: "callback" | "event";
  attempt?: number;
}

/** Has a plugin handle an event. */
export async function handle(plugin: Plugin, type: string, payload: unknown, options: EventOptions = {}): Promise<Result> {
  const callbacks = ["card.action.trigger", "url.preview.get", "oauth_redirect"];
  return result(() =>
    answer(plugin, {
      event: {
        id: options.id ?? "e1",
        eventType: type,
        kind: options.kind ?? (callbacks.includes(type) ? "callback" : "event"),
        schema: "2.0",
        appId: options.appId ?? "cli_1",
        tenantKey: options.tenantKey ?? "tenant",
        createTimeMs: current.nowMs,
        payload: JSON.stringify(payload),
        attempt: options.attempt ?? 1,
        budgetMs: 2400,
        attributes: [],
      },
    }),
  );
}

/** Has a plugin handle a whole body as Lark sends it, such as a file of `fixtures/`. */
export function handleBody(plugin: Plugin, body: any): Promise<Result> {
  const { event_type: type, event_id: id, app_id: appId, tenant_key: tenantKey } = body.header;
  return handle(plugin, type, body.event, { id, appId, tenantKey });
}

/** Has a plugin run a task. */
export async function run(plugin: Plugin, name: string, payload: unknown = {}, attempt = 1): Promise<Result> {
  const task = { id: "t1", name, payload: JSON.stringify(payload), requestedBy: "", appId: "cli_1", attempt, budgetMs: 60_000 };
  return result(() => answer(plugin, { task: { ...task, attributes: [] } }));
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

async function result(call: () => Promise<BorderOutcome> | BorderOutcome): Promise<Result> {
  try {
    const { reply, tasks } = await call();
    return {
      reply: reply.tag === "json" ? JSON.parse(reply.val) : reply.tag,
      tasks: tasks.map((task) => ({ ...task, payload: JSON.parse(task.payload) })),
      failure: undefined,
    };
  } catch (error) {
    const { tag, val } = error as BorderFailure;
    const failure =
      tag === "retry" ? { message: val.message, retry: { afterMs: val.afterMs } } : { message: val, retry: null };
    return {
      get reply(): never {
        throw new Error(`the plugin failed: ${failure.message}`);
      },
      tasks: [],
      failure,
    };
  }
}
