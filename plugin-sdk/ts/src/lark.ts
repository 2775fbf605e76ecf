/** Calls of Lark's OpenAPI. The host adds the token, which never enters the plugin; the operator grants methods and paths. */

import border from "lark-callback:plugin/openapi@0.1.0";

import { LARK } from "./cases.ts";
import { is, members } from "./declared.ts";
import { HostError, ask } from "./failure.ts";
import { type Card, asCard } from "./reply.ts";

/** Lark's codes for "too many calls". */
const RATE_CODES = [99_991_400, 230_020];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface CallOptions {
  query?: Record<string, string | number | boolean>;
  /** The body, sent as JSON. */
  body?: unknown;
  /** The open id of a user who authorized the application: the call is made as this user, and not as the application. */
  asUser?: string;
  /** The tenant in which a store application acts; the one of the current event when absent. */
  tenantKey?: string;
}

/** Lark's answer, whose `code` is 0. */
export interface Answer<T> {
  status: number;
  code: number;
  msg: string;
  data: T;
  /** The whole answer, for the few endpoints that have their result beside `data`. */
  body: Record<string, unknown>;
  logId: string | null;
}

/** An answer of Lark's with a `code` other than 0. */
export class LarkError extends HostError {
  override name = "LarkError";

  constructor(readonly answer: Answer<unknown>) {
    const { status, code, msg, logId } = answer;
    const again = status === 429 || status >= 500 || RATE_CODES.includes(code);
    super(
      "code",
      `Lark answered with code ${code} (status ${status}, log id ${logId ?? "-"}): ${msg}`,
      again ? { afterMs: null } : null,
    );
  }
}

/** Makes a call; an answer with a `code` other than 0 is thrown as `LarkError`. */
export function call<T = Record<string, unknown>>(method: Method, path: string, options: CallOptions = {}): Answer<T> {
  is("method", method, "string");
  is("path", path, "string");
  is("asUser", options.asUser, "string", true);
  is("tenantKey", options.tenantKey, "string", true);
  const query = Object.entries(options.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  const response = ask(LARK, () =>
    border.call({
      identity: options.asUser === undefined ? { tag: "app" } : { tag: "user", val: options.asUser },
      method,
      path,
      query,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      attributes: options.tenantKey === undefined ? [] : [["tenant-key", options.tenantKey]],
    }),
  );
  const { status, logId } = response;
  const body = parse(response.body);
  // Some old endpoints answer with the bare result.
  const code = typeof body?.code === "number" ? body.code : body !== undefined && status < 300 ? 0 : undefined;
  if (body === undefined || code === undefined) {
    const again = status === 429 || status >= 500;
    const message = `Lark's answer (status ${status}, log id ${logId ?? "-"}) has no code`;
    throw new HostError("unreadable", message, again ? { afterMs: null } : null);
  }
  const msg = String(body.msg ?? body.error_description ?? "");
  const answer = { status, code, msg, data: (body.data ?? {}) as T, body, logId };
  if (code !== 0) {
    throw new LarkError(answer);
  }
  return answer;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Who gets a message, by one kind of id. */
export type To = { openId: string } | { unionId: string } | { userId: string } | { email: string } | { chatId: string };

const RECEIVERS = ["openId", "unionId", "userId", "email", "chatId"];

function receiver(to: To): [string, string] {
  const given = Object.entries(members("a receiver", to, RECEIVERS, "id of the kind")) as [[string, string]];
  if (given.length !== 1) {
    throw new TypeError(`a receiver has one of ${RECEIVERS.join(", ")}, and this one has ${given.length}`);
  }
  const [[kind, id]] = given;
  is(`the ${kind} of a receiver`, id, "string");
  if (id === "") {
    throw new TypeError(`the ${kind} of a receiver is empty`);
  }
  return [kind.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`), id];
}

interface Sent {
  message_id: string;
}

function send(to: To, content: Content): string {
  const [kind, id] = receiver(to);
  const body = { receive_id: id, ...content };
  return call<Sent>("POST", "/open-apis/im/v1/messages", { query: { receive_id_type: kind }, body }).data.message_id;
}

function reply(messageId: string, content: Content): string {
  return call<Sent>("POST", `/open-apis/im/v1/messages/${segment(messageId)}/reply`, { body: content }).data.message_id;
}

/** Sends a text, and returns the id of the message. */
export function sendText(to: To, text: string): string {
  return send(to, textContent(text));
}

/** Sends a card, and returns the id of the message. */
export function sendCard(to: To, card: Card): string {
  return send(to, cardContent(card));
}

/** Answers a message with a text, and returns the id of the answer. */
export function replyText(messageId: string, text: string): string {
  return reply(messageId, textContent(text));
}

/** Answers a message with a card, and returns the id of the answer. */
export function replyCard(messageId: string, card: Card): string {
  return reply(messageId, cardContent(card));
}

/** Replaces the card of a message for everybody. Lark takes at most five updates a second for each message. */
export function patchCard(messageId: string, card: Card): void {
  const { content } = cardContent(card);
  call("PATCH", `/open-apis/im/v1/messages/${segment(messageId)}`, { body: { content } });
}

/** Updates a card with the token of a click: within 30 minutes, at most twice. */
export function updateCard(token: string, card: Card): void {
  call("POST", "/open-apis/interactive/v1/card/update", { body: { token, card: value(card) } });
}

interface Content {
  msg_type: string;
  content: string;
}

function textContent(text: string): Content {
  is("the text of a message", text, "string");
  return { msg_type: "text", content: JSON.stringify({ text }) };
}

function cardContent(card: Card): Content {
  return { msg_type: "interactive", content: JSON.stringify(value(card)) };
}

function value(card: Card): unknown {
  const whole = asCard(card);
  return whole.type === "raw" ? whole.data : whole;
}

function segment(id: string): string {
  is("the id of a message", id, "string");
  if (!/^[A-Za-z0-9_-]+$/.test(id)) {
    throw new HostError("refused", "an id of a message has letters, digits, - and _ only", null);
  }
  return id;
}
