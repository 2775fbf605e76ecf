/** What the server refuses, in its words: replies that Lark would not show, calls that it would not take, and what is too large. */

import { toUtf8 } from "../globals/utf8.ts";
import { members } from "../declared.ts";
import { refusedCard } from "./card.ts";

const REPLY_BYTES_MAX = 64 << 10;
const CARD_BYTES_MAX = 30 << 10;
const MESSAGE_BYTES_MAX = 150 << 10;
const BODY_BYTES_MAX = 1 << 20;
const KV_KEY_BYTES_MAX = 512;
const KV_ENTRY_BYTES = 64;
const TASK_NAME_BYTES_MAX = 128;

/** From which likeness on an unknown name is a misspelt known one. */
const LIKENESS_MIN = 0.8;

const PAGES = ["authorized", "refused", "expired", "used", "wrong_person", "not_allowed", "invalid", "failed", "incomplete"];

type Members = Record<string, unknown>;

/** Limits under `[limits]`, with the server's defaults. */
export const LIMITS = {
  kv_value_bytes_max: 256 << 10,
  kv_bytes_max: 16 << 20,
  tasks_max: 16,
  task_bytes_max: 256 << 10,
  task_delay_ms_max: 30 * 24 * 3_600_000,
};
export type Limits = typeof LIMITS;

/** The limits that an operator has changed, with the others. */
export function limitsWith(changed: Partial<Limits> = {}): Limits {
  members("limits", changed, Object.keys(LIMITS), "limit");
  return { ...LIMITS, ...changed };
}

class Refused extends Error {}

/** What a check says, if it refuses. */
function saidBy(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) {
      return error.message;
    }
    throw error;
  }
}

export function bytesOf(text: string): number {
  return toUtf8(text).length;
}

/** Why Lark would not take the reply to a callback, if it would not. */
export function refusedReply(eventType: string, json: string): string | undefined {
  return saidBy(() => {
    if (bytesOf(json) > REPLY_BYTES_MAX) {
      throw new Refused(`the reply has ${bytesOf(json)} bytes, and at most ${REPLY_BYTES_MAX} can be sent`);
    }
    const reply: unknown = JSON.parse(json);
    if (!isObject(reply)) {
      throw new Refused("the reply is not a JSON object");
    }
    if (eventType === "card.action.trigger") {
      checkClick(reply);
    } else if (eventType === "url.preview.get") {
      checkPreview(reply);
    } else if (eventType === "oauth_redirect" && !PAGES.includes(reply["page"] as string)) {
      throw new Refused(`\`page\` is not \`${PAGES.slice(0, -1).join("`, `")}\` or \`incomplete\``);
    }
  });
}

function checkClick(reply: Members): void {
  const bare = ["elements", "i18n_elements", "body", "data"];
  checkMembers("", reply, ["toast", "card", "inline", ...bare]);
  if (bare.some((name) => name in reply)) {
    throw new Refused('the reply is a bare card; wrap it as {"card":{"type":"raw","data":…}}');
  }
  const { toast, card, inline } = reply as { toast?: unknown; card?: unknown; inline?: unknown };
  if (isGiven(inline) && !isGiven(toast) && !isGiven(card)) {
    throw new Refused("`inline` belongs to the reply to a link preview; the reply to a click has `toast` and `card`");
  }
  if (isGiven(toast)) {
    checkToast(toast);
  }
  if (isGiven(card)) {
    checkWrapped(card);
  }
}

function checkPreview(reply: Members): void {
  checkMembers("", reply, ["inline", "card", "toast"]);
  const { toast, card, inline } = reply as { toast?: unknown; card?: unknown; inline?: unknown };
  if (isGiven(toast) && !isGiven(inline) && !isGiven(card)) {
    throw new Refused("`toast` belongs to the reply to a click; the reply to a link preview has `inline` and `card`");
  }
  if (isGiven(inline)) {
    checkObject("inline", inline);
    checkMembers("inline.", inline, ["title", "i18n_title", "image_key", "url"]);
    checkString("inline.title", inline["title"]);
    checkTexts("inline.i18n_title", inline["i18n_title"]);
    checkString("inline.image_key", inline["image_key"]);
    if (inline["url"] !== undefined) {
      checkObject("inline.url", inline["url"]);
    }
  }
  if (isGiven(card)) {
    checkWrapped(card);
  }
}

function checkToast(toast: unknown): void {
  checkObject("toast", toast);
  checkMembers("toast.", toast, ["type", "content", "i18n"]);
  const { type, content, i18n } = toast as { type?: unknown; content?: unknown; i18n?: unknown };
  if (type !== undefined && !["info", "success", "warning", "error"].includes(type as string)) {
    throw new Refused("`toast.type` is not `info`, `success`, `warning` or `error`");
  }
  if (content !== undefined && typeof content !== "string") {
    throw new Refused("`toast.content` is not a string");
  }
  const isTranslated = checkTexts("toast.i18n", i18n);
  if (!isTranslated && (content ?? "").trim() === "") {
    throw new Refused("the toast has no text: neither `toast.content` nor `toast.i18n` has one that can be seen");
  }
}

/** A card in its wrapper. */
function checkWrapped(card: unknown): void {
  checkObject("card", card);
  checkMembers("card.", card, ["type", "data"]);
  const { type, data } = card as { type?: unknown; data?: unknown };
  if (typeof type !== "string") {
    throw new Refused('`card.type` is not `raw` or `template`; a card itself is written {"type": "raw", "data": …}');
  }
  if (!isObject(data)) {
    throw new Refused("`card.data` is not an object; give the card itself, not its JSON text in a string");
  }
  const bytes = bytesOf(JSON.stringify(data));
  if (bytes > CARD_BYTES_MAX) {
    throw new Refused(`\`card.data\` has ${bytes} bytes, and at most ${CARD_BYTES_MAX} can be sent`);
  }
  if (type === "raw") {
    refuse(refusedCard(data, bytes, "card.data"));
  } else if (type !== "template") {
    throw new Refused('`card.type` is not `raw` or `template`; a card itself is written {"type": "raw", "data": …}');
  } else if (typeof data["template_id"] !== "string" || data["template_id"] === "") {
    throw new Refused("`card.data.template_id` is not the id of a template");
  }
}

/** Why Lark would not take a call with this body, if it would not. */
export function refusedRequest(method: string, path: string, text: string): string | undefined {
  return saidBy(() => {
    const atMost = (what: string, bytesMax: number): void => {
      if (bytesOf(text) > bytesMax) {
        throw new Refused(`${what} makes a request body of ${bytesOf(text)} bytes; Lark's limit is ${bytesMax}`);
      }
    };
    atMost("the body", BODY_BYTES_MAX);
    const read: unknown = JSON.parse(text);
    const body = isObject(read) ? read : {};
    const parts = path.split("/").slice(2).join("/");
    if (/^im\/v1\/messages(\/|$)/.test(parts) && ["POST", "PUT", "PATCH"].includes(method)) {
      const kind = body["msg_type"];
      const isUpdate = kind === undefined && method === "PATCH";
      if (kind === "interactive" || kind === "post") {
        atMost("the message with its card or rich text", CARD_BYTES_MAX);
      } else {
        atMost(isUpdate ? "the update of a card" : "the message", isUpdate ? CARD_BYTES_MAX : MESSAGE_BYTES_MAX);
      }
      if (kind === "interactive" || isUpdate) {
        refuseCard(body["content"], "content");
      } else if (kind === "text" && typeof body["content"] === "string") {
        refuseText(body["content"]);
      }
    } else if (method === "POST" && parts === "interactive/v1/card/update") {
      atMost("the update of a card", CARD_BYTES_MAX);
      refuseCard(body["card"], "card");
    } else if (method === "POST" && ["message/v4/send", "message/v4/batch_send", "ephemeral/v1/send"].includes(parts)) {
      const hasCard = isGiven(body["card"]);
      atMost(hasCard ? "the message with its card" : "the message", hasCard ? CARD_BYTES_MAX : MESSAGE_BYTES_MAX);
      refuseCard(body["card"], "card");
    } else if (method === "POST" && parts === "cardkit/v1/cards") {
      refuseCard(typeof body["data"] === "string" ? body["data"] : undefined, "data");
    } else if (method === "PUT" && /^cardkit\/v1\/cards\/[^/]+$/.test(parts) && isObject(body["card"])) {
      refuseCard(body["card"]["data"], "card.data");
    }
  });
}

/** The content of a text message. A text that is no string is left for Lark to reject. */
function refuseText(content: string): void {
  let read: unknown;
  try {
    read = JSON.parse(content);
  } catch {
    read = undefined;
  }
  if (!isObject(read) || !isGiven(read["text"]) || read["text"] === "") {
    const form = 'for a text message it is the JSON {"text": "…"} as a string, and the text is not empty';
    throw new Refused(`\`content\` has no text; ${form}`);
  }
}

/** A card as JSON or as its text. One that is no object is left for Lark to reject. */
function refuseCard(card: unknown, place: string): void {
  const text = typeof card === "string" ? card : JSON.stringify(card ?? null);
  if (!text.trimStart().startsWith("{")) {
    return;
  }
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Refused(`\`${place}\` cannot be read: it is no JSON, or nested too deeply`);
  }
  refuse(refusedCard(read, bytesOf(text), place));
}

/** Why the server would not take these tasks, if it would not. */
export function refusedTasks(
  limits: Limits,
  tasks: readonly { name: string; payload: string; delayMs: number; plugin: string | null }[],
): string | undefined {
  return saidBy(() => {
    const atMost = (what: string, setting: keyof Limits, number: number): void => {
      const value = limits[setting];
      if (number > value) {
        const where = `the setting is \`${setting} = ${value}\` under [limits] in the plugin's .toml`;
        throw new Refused(`${what} is over the limit of ${value}; ${where}`);
      }
    };
    atMost("the number of tasks in one outcome", "tasks_max", tasks.length);
    for (const { name, payload, delayMs, plugin } of tasks) {
      if (name === "" || bytesOf(name) > TASK_NAME_BYTES_MAX || /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(name)) {
        const shown = JSON.stringify(name).slice(1, -1);
        throw new Refused(
          `it asks for the task \`${shown}\`, which is not a valid name: one line of 1 to ${TASK_NAME_BYTES_MAX} bytes`,
        );
      }
      atMost("the payload of a task in bytes", "task_bytes_max", bytesOf(payload));
      atMost("the delay of a task in milliseconds", "task_delay_ms_max", delayMs);
      if (plugin !== null && !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(plugin)) {
        const form = "1 to 64 of a-z, 0-9, - and _";
        throw new Refused(`it asks for a task of the plugin \`${plugin}\`, which is not a valid name: ${form}`);
      }
    }
  });
}

/** Why the key-value store would not take a key, if it would not. Its beginning may be empty. */
export function refusedKey(key: string, isBeginning = false): string | undefined {
  const bytes = bytesOf(key);
  const fits = bytes <= KV_KEY_BYTES_MAX && (bytes > 0 || isBeginning);
  return fits ? undefined : `a key has 1 to ${KV_KEY_BYTES_MAX} bytes, this one has ${bytes}`;
}

/** Why it would not take a value beside the others, of which each is a key with the bytes of its value. */
export function refusedValue(
  limits: Limits,
  key: string,
  bytes: number,
  others: readonly (readonly [string, number])[],
): string | undefined {
  const setting = (name: keyof Limits): string =>
    `the setting is \`${name} = ${limits[name]}\` under [limits] in NAME.toml`;
  if (refusedKey(key) !== undefined) {
    return refusedKey(key);
  }
  if (bytes > limits.kv_value_bytes_max) {
    return `a value of ${bytes} bytes is over the limit; ${setting("kv_value_bytes_max")}`;
  }
  const all = [...others, [key, bytes] as const].map(([name, of]) => bytesOf(name) + of + KV_ENTRY_BYTES);
  const sum = all.reduce((one, other) => one + other, 0);
  return sum > limits.kv_bytes_max
    ? `all keys and values together are over the limit; ${setting("kv_bytes_max")}`
    : undefined;
}

function refuse(said: string | undefined): void {
  if (said !== undefined) {
    throw new Refused(said);
  }
}

/** Refuses the first name that is much like a known one; less similar ones are passed on, because Lark adds fields. */
function checkMembers(place: string, object: Members, known: readonly string[]): void {
  for (const name of Object.keys(object).filter((own) => !known.includes(own))) {
    const likenesses = known.map((other): [number, string] => [likeness(other, name.toLowerCase()), other]);
    const [most, nearest] = likenesses.reduce((best, next) => (next[0] >= best[0] ? next : best));
    if (most >= LIKENESS_MIN) {
      throw new Refused(`\`${place}${name}\` is not a field of a reply; the nearest one is \`${place}${nearest}\``);
    }
  }
}

/** The similarity by Jaro and Winkler: equal letters at nearly the same places, and more for an equal beginning. */
function likeness(one: string, other: string): number {
  const range = Math.max(0, Math.floor(Math.max(one.length, other.length) / 2) - 1);
  const taken = new Set<number>();
  const ofOne: string[] = [];
  for (const [at, letter] of [...one].entries()) {
    for (let to = Math.max(0, at - range); to < Math.min(other.length, at + range + 1); to += 1) {
      if (!taken.has(to) && other[to] === letter) {
        taken.add(to);
        ofOne.push(letter);
        break;
      }
    }
  }
  const matches = ofOne.length;
  if (matches === 0) {
    return one === other ? 1 : 0;
  }
  const ofOther = [...taken].sort((a, b) => a - b).map((at) => other[at]);
  const swaps = Math.floor(ofOne.filter((letter, at) => letter !== ofOther[at]).length / 2);
  const jaro = (matches / one.length + matches / other.length + (matches - swaps) / matches) / 3;
  let beginning = 0;
  while (beginning < 4 && beginning < one.length && one[beginning] === other[beginning]) {
    beginning += 1;
  }
  return jaro > 0.7 ? jaro + 0.1 * beginning * (1 - jaro) : jaro;
}

/** Checks a text for each language and returns whether any of them is visible. */
function checkTexts(place: string, texts: unknown): boolean {
  if (texts === undefined) {
    return false;
  }
  checkObject(place, texts);
  return Object.values(texts).reduce<boolean>((isSeen, text) => {
    if (typeof text !== "string") {
      throw new Refused(`a value in \`${place}\` is not a string`);
    }
    return isSeen || text.trim() !== "";
  }, false);
}

function checkString(place: string, value: unknown): void {
  if (isGiven(value) && typeof value !== "string") {
    throw new Refused(`\`${place}\` is not a string`);
  }
}

function checkObject(place: string, value: unknown): asserts value is Members {
  if (!isObject(value)) {
    throw new Refused(`\`${place}\` is not an object`);
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Serializers write `null` for an absent part. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
