/** `fetch` with what belongs to it, over the host's HTTP. */

import { type HttpResponse, type RequestOptions, request } from "../http.ts";
import { fromUtf8 } from "./utf8.ts";

/** Names and values, whose names are in lower case. */
export class Headers {
  #pairs: [string, string][] = [];

  constructor(from: Headers | Record<string, string> | Iterable<readonly [string, string]> = []) {
    for (const [name, value] of Symbol.iterator in from ? from : Object.entries(from)) {
      this.append(name, value);
    }
  }

  append(name: string, value: string): void {
    this.#pairs.push([name.toLowerCase(), String(value).trim()]);
  }

  delete(name: string): void {
    this.#pairs = this.#pairs.filter(([found]) => found !== name.toLowerCase());
  }

  get(name: string): string | null {
    const values = this.#pairs.filter(([found]) => found === name.toLowerCase()).map(([, value]) => value);
    return values.length === 0 ? null : values.join(", ");
  }

  getSetCookie(): string[] {
    return this.#pairs.filter(([found]) => found === "set-cookie").map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#pairs.some(([found]) => found === name.toLowerCase());
  }

  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  forEach(work: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) {
      work(value, name, this);
    }
  }

  *entries(): Generator<[string, string], void> {
    const names = [...new Set(this.#pairs.map(([name]) => name))].sort();
    for (const name of names) {
      yield [name, this.get(name) as string];
    }
  }

  *keys(): Generator<string, void> {
    for (const [name] of this) {
      yield name;
    }
  }

  *values(): Generator<string, void> {
    for (const [, value] of this) {
      yield value;
    }
  }

  [Symbol.iterator](): Generator<[string, string], void> {
    return this.entries();
  }
}

/** The part of `AbortSignal` that the host can keep: a time limit. */
export class AbortSignal {
  private constructor(readonly timeoutMs: number) {}

  readonly aborted = false;

  /** A limit for the request with its whole response. */
  static timeout(ms: number): AbortSignal {
    return new AbortSignal(ms);
  }
}

/** A body that is read part by part: `for await (const part of response.body)`. */
class Body {
  #parts: Generator<Uint8Array, void>;

  constructor(parts: Generator<Uint8Array, void>) {
    this.#parts = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    yield* this.#parts;
  }

  getReader(): { read(): Promise<IteratorResult<Uint8Array, undefined>>; releaseLock(): void; cancel(): Promise<void> } {
    return {
      read: async () => this.#parts.next() as IteratorResult<Uint8Array, undefined>,
      releaseLock: () => {},
      cancel: async () => this.cancel(),
    };
  }

  async cancel(): Promise<void> {
    this.#parts.return();
  }
}

/** A response whose status and headers have arrived. */
export class Response {
  readonly status: number;
  readonly headers: Headers;
  readonly url: string;
  readonly statusText = "";
  readonly redirected = false;
  readonly type = "basic";
  #response: HttpResponse;
  #used = false;

  /** Made by `fetch`. */
  constructor(response: HttpResponse, url: string) {
    this.status = response.status;
    this.headers = new Headers(response.headers);
    this.url = url;
    this.#response = response;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get body(): Body {
    return new Body(this.#taken().parts());
  }

  async bytes(): Promise<Uint8Array> {
    return this.#taken().bytes();
  }

  async arrayBuffer(): Promise<ArrayBufferLike> {
    return (await this.bytes()).buffer;
  }

  async text(): Promise<string> {
    return fromUtf8(await this.bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  #taken(): HttpResponse {
    if (this.#used) {
      throw new TypeError("the body of the response was read already");
    }
    this.#used = true;
    return this.#response;
  }
}

interface FetchOptions {
  method?: string;
  headers?: Headers | Record<string, string> | Iterable<readonly [string, string]>;
  body?: string | Uint8Array | { toString(): string } | null;
  signal?: AbortSignal | null;
}

/** As in a browser; a service must be granted, and an unreachable one is an error that may be retried. */
export async function fetch(url: string | { toString(): string }, options: FetchOptions = {}): Promise<Response> {
  const { method = "GET", headers, body, signal } = options;
  const asked: RequestOptions = { method: method.toUpperCase() as NonNullable<RequestOptions["method"]> };
  if (headers !== undefined) {
    asked.headers = headers;
  }
  if (body !== undefined && body !== null) {
    asked.body = body instanceof Uint8Array ? body : String(body);
  }
  if (signal instanceof AbortSignal) {
    asked.timeoutMs = signal.timeoutMs;
  }
  return new Response(request(String(url), asked), String(url));
}
