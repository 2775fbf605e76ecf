/** A host in memory: its clock stands still until a test advances it. Calls are recorded, and answered as the test says. */

import { fromUtf8, toUtf8 } from "../globals/utf8.ts";
import { is, members } from "../declared.ts";
import { checkEntry, checkFailure, checkHttp, checkKv, checkLark, checkMedia } from "./answers.ts";
import { FakeMedia, type Uploaded } from "./media.ts";
import { type Limits, limitsWith, refusedKey, refusedRequest, refusedValue } from "./refusals.ts";

type Pairs = [string, string][];

/** A call of Lark's OpenAPI that a plugin has made. */
export interface LarkCall {
  method: string;
  path: string;
  query: Record<string, string>;
  body: any;
  asUser: string | undefined;
}

/** A request to another service. */
export interface SentRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  attributes: Record<string, string>;
}

/** A response of another service; `events` are sent as server-sent events. */
export interface Canned {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  events?: unknown[];
}

/** A value under `[config]`, as the operator writes it into the `.toml`. */
export type ConfigValue = string | number | boolean | ConfigValue[] | { [key: string]: ConfigValue };

interface Stored {
  value: Uint8Array;
  version: number;
  expiresAtMs: number | undefined;
}

interface Answers {
  entry: string;
  answers: (Canned | Error)[];
}

/** An error as it crosses the border: `failure("retry", "busy")` for Lark, `failure("unreachable", "…")` for services. */
export function failure(tag: string, message = "", afterMs: number | null = null): Error {
  checkFailure(tag, afterMs);
  const val = tag === "retry" ? { message, afterMs } : message;
  return Object.assign(new Error(message), { payload: { tag, val } });
}

/** An answer of Lark's to an upload or a download, as it crosses the border. */
export function rejection(code: number, msg = "", status = 400): Error {
  return Object.assign(new Error(msg), { payload: { tag: "rejected", val: { status, code, msg, logId: null } } });
}

export interface HostOptions {
  /** Values under `[config]`. */
  config?: Record<string, ConfigValue>;
  /** Values of the key-value store, as JSON. */
  kv?: Record<string, unknown>;
  /** The time of the clock, in milliseconds since 1970. */
  nowMs?: number;
  /** Limits under `[limits]` that the operator has changed; the others are the server's. */
  limits?: Partial<Limits>;
}

/** A host for tests. The last one that was made serves the plugin. */
export class FakeHost {
  /** Lines that the plugin has logged. */
  readonly logged: { level: string; message: string }[] = [];
  /** Calls of Lark. */
  readonly calls: LarkCall[] = [];
  /** Requests to other services. */
  readonly requests: SentRequest[] = [];
  /** Metrics that were added to, as `name{label="value"}`. */
  readonly counted = new Map<string, number>();
  readonly config: Record<string, ConfigValue>;
  readonly limits: Limits;
  nowMs: number;
  #kv = new Map<string, Stored>();
  #version = 0;
  #kvIsDown = false;
  #kvFailures: Error[] = [];
  #intruder: [string, unknown] | undefined;
  #lark: Answers[] = [];
  #http: Answers[] = [];
  #messages = 0;
  #media = new FakeMedia();

  constructor(options: HostOptions = {}) {
    members("FakeHost", options, ["config", "kv", "nowMs", "limits"], "option");
    is("config", options.config, "object", true);
    is("kv", options.kv, "object", true);
    is("nowMs", options.nowMs, "number", true);
    this.config = options.config ?? {};
    this.limits = limitsWith(options.limits);
    this.nowMs = options.nowMs ?? Date.UTC(2024, 0, 1);
    for (const [key, value] of Object.entries(options.kv ?? {})) {
      this.#store(key, toUtf8(JSON.stringify(value)), null);
    }
    current = this;
    if (new.target === FakeHost) {
      // A setting that is misspelt is an error.
      Object.preventExtensions(this);
    }
  }

  /** Moves the clock, by which entries of `kv` expire. */
  advance(ms: number): void {
    this.nowMs += ms;
  }

  /** The value of a key, as JSON. */
  stored(key: string): any {
    const found = this.#alive(key);
    return found && JSON.parse(fromUtf8(found.value));
  }

  /** All keys, sorted. */
  get keys(): string[] {
    return [...this.#kv.keys()].filter((key) => this.#alive(key)).sort();
  }

  /** Makes the key-value store unavailable while true. */
  set kvIsDown(isDown: boolean) {
    this.#kvIsDown = isDown;
  }

  /** Has the next calls of the key-value store fail, each with one of these: `failure("over-limit", "…")`. */
  failKv(...errors: Error[]): this {
    checkKv(errors);
    this.#kvFailures.push(...errors);
    return this;
  }

  /** Puts an image or a file into a message, to be downloaded. */
  setResource(messageId: string, fileKey: string, bytes: Uint8Array): this {
    this.#media.put(messageId, fileKey, bytes);
    return this;
  }

  /** Has the uploads and downloads that begin next fail, each with one of these: a `failure`, or a `rejection` of Lark's. */
  failMedia(...errors: Error[]): this {
    checkMedia(errors);
    this.#media.failures.push(...errors);
    return this;
  }

  /** What was uploaded completely. */
  get uploads(): readonly Uploaded[] {
    return this.#media.uploads;
  }

  /** Simulates a concurrent write, just before the next conditional write to this key. */
  writeInBetween(key: string, value: unknown): void {
    this.#intruder = [key, value];
  }

  /**
   * Answers calls of Lark, one after the other and the last one again and again: `"GET /open-apis/…"`, with `*` for a part
   * and `**` for the rest. An answer is the whole body (`{ code: 0, data: … }`), or a `failure`.
   */
  answerLark(entry: string, ...answers: (Record<string, unknown> | Error)[]): this {
    checkEntry("answerLark", entry, ["/"]);
    checkLark(answers);
    const canned = answers.map((answer) => (answer instanceof Error ? answer : { body: answer }));
    this.#lark.push({ entry, answers: canned });
    return this;
  }

  /** Answers requests to another service: `"POST https://api.example.com/v1/chat"`. */
  answerHttp(entry: string, ...answers: (Canned | Error)[]): this {
    checkEntry("answerHttp", entry, ["http://", "https://"]);
    checkHttp(answers);
    this.#http.push({ entry, answers: [...answers] });
    return this;
  }

  #alive(key: string): Stored | undefined {
    const found = this.#kv.get(key);
    return found && (found.expiresAtMs === undefined || this.nowMs < found.expiresAtMs) ? found : undefined;
  }

  #store(key: string, value: Uint8Array, ttlMs: number | null): number {
    this.#version += 1;
    const expiresAtMs = ttlMs === null ? undefined : this.nowMs + ttlMs;
    this.#kv.set(key, { value, version: this.#version, expiresAtMs });
    return this.#version;
  }

  #checked(refused?: string): void {
    if (refused !== undefined) {
      throw failure("over-limit", refused);
    }
    const error = this.#kvFailures.shift();
    if (error !== undefined) {
      throw error;
    }
    if (this.#kvIsDown) {
      throw failure("unavailable", "the test took it away");
    }
  }

  #refused(key: string, value: Uint8Array): string | undefined {
    const others = [...this.#kv].filter(([other]) => other !== key && this.#alive(other));
    return refusedValue(this.limits, key, value.length, others.map(([other, stored]) => [other, stored.value.length]));
  }

  /** The imports of the plugin. */
  readonly border = {
    log: {
      write: (level: string, message: string): void => {
        this.logged.push({ level, message });
      },
    },
    config: {
      get: (key: string): string | null => {
        const value = this.config[key];
        return value === undefined ? null : written(value);
      },
    },
    kv: {
      get: (key: string) => {
        this.#checked(refusedKey(key));
        const found = this.#alive(key);
        return found ? { value: found.value, version: found.version } : null;
      },
      set: (key: string, value: Uint8Array, ttlMs: number | null): number => {
        this.#checked(this.#refused(key, value));
        return this.#store(key, value, ttlMs);
      },
      compareAndSet: (key: string, expected: number | null, value: Uint8Array, ttlMs: number | null) => {
        this.#checked(this.#refused(key, value));
        if (this.#intruder?.[0] === key) {
          this.#store(key, toUtf8(JSON.stringify(this.#intruder[1])), null);
          this.#intruder = undefined;
        }
        const version = this.#alive(key)?.version ?? null;
        return version === expected ? this.#store(key, value, ttlMs) : null;
      },
      delete: (key: string): boolean => {
        this.#checked(refusedKey(key));
        const was = this.#alive(key) !== undefined;
        this.#kv.delete(key);
        return was;
      },
      listKeys: (prefix: string, after: string | null, limit: number): string[] => {
        this.#checked(refusedKey(prefix, true) ?? refusedKey(after ?? "", true));
        const fitting = this.keys.filter((key) => key.startsWith(prefix) && (after === null || key > after));
        return fitting.slice(0, limit);
      },
    },
    openapi: {
      call: (request: {
        identity: { tag: string; val?: string };
        method: string;
        path: string;
        query: Pairs;
        body: string | null;
      }) => {
        const { method, path } = request;
        const refused = request.body === null ? undefined : refusedRequest(method, path, request.body);
        if (refused !== undefined) {
          throw failure("refused", refused);
        }
        const body: unknown = request.body === null ? undefined : JSON.parse(request.body);
        this.calls.push({ method, path, query: Object.fromEntries(request.query), body, asUser: request.identity.val });
        const canned = next(this.#lark, method, path);
        if (canned !== undefined) {
          return { status: canned.status ?? 200, body: JSON.stringify(canned.body ?? {}), logId: null };
        }
        const isMessage = method === "POST" && /^\/open-apis\/im\/v1\/messages(\/[^/]+\/reply)?$/.test(path);
        this.#messages += isMessage ? 1 : 0;
        const isCard = method === "POST" && path === "/open-apis/cardkit/v1/cards";
        const data = isMessage ? { message_id: `om_${this.#messages}` } : isCard ? { card_id: "card_1" } : {};
        return { status: 200, body: JSON.stringify({ code: 0, msg: "success", data }), logId: null };
      },
    },
    http: {
      send: (request: { method: string; url: string; headers: Pairs; body: Uint8Array | null; attributes: Pairs }) => {
        const { method, url } = request;
        this.requests.push({
          method,
          url,
          headers: Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
          body: request.body === null ? "" : fromUtf8(request.body),
          attributes: Object.fromEntries(request.attributes),
        });
        const place = url.split(/[?#]/)[0] as string;
        const said = `no answer for \`${method} ${place}\` in this test; give one with answerHttp`;
        return served(next(this.#http, method, place) ?? { status: 404, body: said });
      },
    },
    media: {
      beginUpload: (content: BorderContent, size: number): BorderUpload => this.#media.beginUpload(content, size),
      openDownload: (source: BorderSource): BorderDownload => this.#media.openDownload(source),
    },
    oauth: {
      begin: (scopes: string[]) => ({ url: `https://accounts.example.com/?scope=${scopes.join("+")}`, state: "state", ticket: "ticket" }),
      exchange: (_code: string, _ticket: string, openId: string) => ({ openId, unionId: null, name: "Anna" }),
      status: () => null,
      forget: () => false,
    },
    metrics: {
      add: (name: string, labels: Pairs, amount: number): void => {
        const shown = labels.length === 0 ? name : `${name}{${labels.map(([label, value]) => `${label}="${value}"`).join(",")}}`;
        this.counted.set(shown, (this.counted.get(shown) ?? 0) + amount);
      },
      time: (): void => {},
    },
  };
}

/** The host of the running test. */
export let current = new FakeHost();

function next(all: Answers[], method: string, place: string): Canned | undefined {
  const found = all.find(({ entry }) => covers(entry, method, place));
  const answer = found && found.answers.length > 1 ? found.answers.shift() : found?.answers[0];
  if (answer instanceof Error) {
    throw answer;
  }
  return answer;
}

/** `*` stands for any method and for a part of a path, `**` at the end for the rest. */
function covers(entry: string, method: string, place: string): boolean {
  const [wanted = "", pattern = ""] = entry.split(" ");
  if (wanted !== "*" && wanted !== method) {
    return false;
  }
  const quoted = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${quoted.replace(/\*\*$/, "\u0000").replaceAll("*", "[^/]*").replace("\u0000", ".*")}$`).test(place);
}

function served({ status = 200, headers = {}, body, events }: Canned) {
  const parts = events?.map((event) => toUtf8(`data: ${written(event)}\n\n`)) ?? [toUtf8(body === undefined ? "" : written(body))];
  const type = events ? "text/event-stream" : typeof body === "string" ? "text/plain" : "application/json";
  return {
    status: () => status,
    headers: (): Pairs => Object.entries({ "content-type": type, ...headers }).map(([name, value]) => [name.toLowerCase(), value]),
    read: (): Uint8Array => {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if (part.length > 0) {
          return part;
        }
      }
      return new Uint8Array(0);
    },
  };
}

/** A text as it is, everything else as JSON. */
function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
