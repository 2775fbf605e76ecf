/** HTTP requests to services that the operator granted. The host adds the operator's credentials; a plugin never sees them. */

import border from "lark-callback:plugin/http@0.1.0";

import { HTTP } from "./cases.ts";
import { is } from "./declared.ts";
import { HostError, ask } from "./failure.ts";
import { Utf8Reader, fromUtf8, toUtf8 } from "./globals/utf8.ts";
import { type ServerSentEvent, SseParser } from "./sse.ts";

export type { ServerSentEvent } from "./sse.ts";

const READ_BYTES_MAX = 64 * 1024;

/** The part of a body that an error shows; services say in their first line what is wrong. */
const SHOWN_LETTERS_MAX = 200;

export interface RequestOptions {
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Added to the URL, encoded. */
  query?: Record<string, string | number | boolean>;
  /** The host refuses those that belong to the connection, and those that the operator sets for this origin. */
  headers?: Record<string, string> | Iterable<readonly [string, string]>;
  /** Sent as it is. */
  body?: string | Uint8Array;
  /** Sent as JSON, instead of `body`. */
  json?: unknown;
  /** The time for the request with its whole response; the operator's limit still applies. */
  timeoutMs?: number;
  /** Has the host sign the request by the Standard Webhooks scheme, with the operator's secret for this origin. */
  webhookId?: string;
}

/** A response whose status and headers have arrived; its body is read as it comes. */
export class HttpResponse {
  readonly status: number;
  /** Names in lower case, in the order in which they came. */
  readonly headers: readonly (readonly [string, string])[];
  #response: BorderResponse | undefined;

  /** Made by `request`. */
  constructor(response: BorderResponse) {
    this.status = response.status();
    this.headers = response.headers();
    this.#response = response;
  }

  /** Whether the status is one of 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The first value of a header, whose name may be in any case. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.headers.find(([found]) => found === wanted)?.[1];
  }

  /** Waits for more of the body, and returns it as it comes; nothing at its end. */
  read(): Uint8Array {
    const response = this.#response;
    if (response === undefined) {
      return new Uint8Array(0);
    }
    const part = Uint8Array.from(ask(HTTP, () => response.read(READ_BYTES_MAX)));
    if (part.length === 0) {
      this.close();
    }
    return part;
  }

  /** Closes the response, whose body is not needed any more. */
  close(): void {
    this.#response?.[Symbol.dispose]?.();
    this.#response = undefined;
  }

  /** The body in parts, as they come. */
  *parts(): Generator<Uint8Array, void> {
    try {
      for (let part = this.read(); part.length > 0; part = this.read()) {
        yield part;
      }
    } finally {
      this.close();
    }
  }

  /** The whole body. */
  bytes(): Uint8Array {
    const parts = [...this.parts()];
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** The whole body as text. */
  text(): string {
    return fromUtf8(this.bytes());
  }

  /** The whole body, read as JSON. */
  json<T = unknown>(): T {
    const text = this.text();
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      // The service would answer the same again.
      const why = (error as Error).message;
      throw new HostError("unreadable", `the body of the response (status ${this.status}) is not JSON: ${why}`, null);
    }
  }

  /** The server-sent events of the body, as they come. */
  *events(): Generator<ServerSentEvent, void> {
    const parser = new SseParser();
    const reader = new Utf8Reader();
    for (const part of this.parts()) {
      yield* parser.add(reader.read(part, false));
    }
  }

  /** Itself, or an error with the beginning of the body: a retry where one may help (429, 5xx), permanent otherwise. */
  success(): this {
    if (this.ok) {
      return this;
    }
    const again = this.status >= 500 || [408, 425, 429].includes(this.status);
    const after = Number(this.header("retry-after") ?? Number.NaN);
    const afterMs = Number.isFinite(after) && after >= 0 ? Math.ceil(after * 1000) : null;
    const body = this.text().slice(0, SHOWN_LETTERS_MAX).split(/\s+/).join(" ").trim();
    throw new HostError("status", `the service answered with status ${this.status}: ${body}`, again ? { afterMs } : null);
  }
}

/** Sends a request, and returns when the status and the headers of the response have arrived. Any status is a response. */
export function request(url: string, options: RequestOptions = {}): HttpResponse {
  is("url", url, "string");
  is("method", options.method, "string", true);
  is("webhookId", options.webhookId, "string", true);
  is("timeoutMs", options.timeoutMs, "number", true);
  const headers: [string, string][] = [];
  const given = options.headers ?? {};
  for (const [name, value] of Symbol.iterator in given ? given : Object.entries(given)) {
    headers.push([name, String(value)]);
  }
  let body = typeof options.body === "string" ? toUtf8(options.body) : (options.body ?? null);
  if (body !== null && !(body instanceof Uint8Array)) {
    throw new TypeError("body must be a string or a Uint8Array; json sends any value");
  }
  if (options.json !== undefined) {
    body = toUtf8(JSON.stringify(options.json));
    if (!headers.some(([name]) => name.toLowerCase() === "content-type")) {
      headers.push(["content-type", "application/json"]);
    }
  }
  const attributes: [string, string][] = [];
  if (options.timeoutMs !== undefined) {
    attributes.push(["timeout-ms", String(Math.max(1, Math.ceil(options.timeoutMs)))]);
  }
  if (options.webhookId !== undefined) {
    attributes.push(["sign", "standard-webhooks"]);
    headers.push(["webhook-id", options.webhookId]);
  }
  const method = options.method ?? (body === null ? "GET" : "POST");
  const whole = withQuery(url, options.query ?? {});
  return new HttpResponse(ask(HTTP, () => border.send({ method, url: whole, headers, body, attributes })));
}

function withQuery(url: string, query: Record<string, string | number | boolean>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return pairs.length === 0 ? url : `${url}${url.includes("?") ? "&" : "?"}${pairs.join("&")}`;
}
