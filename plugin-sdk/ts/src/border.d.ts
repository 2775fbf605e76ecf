/** The interfaces of the host, as the engine offers them to a module. The WIT files beside this package are the manual. */

interface RetryLater {
  message: string;
  afterMs: number | null;
}

interface BorderRejection {
  status: number;
  code: number | bigint;
  msg: string;
  logId: string | null;
}

interface BorderError {
  tag: string;
  val?: string | RetryLater | BorderRejection;
}

type Pairs = [string, string][];

interface BorderResponse {
  status(): number;
  headers(): Pairs;
  read(bytesMax: number): Uint8Array;
  [Symbol.dispose]?(): void;
}

interface BorderUpload {
  write(chunk: Uint8Array): void;
  finish(): string;
  [Symbol.dispose]?(): void;
}

interface BorderDownload {
  size(): number | null;
  contentType(): string | null;
  read(bytesMax: number): Uint8Array;
  [Symbol.dispose]?(): void;
}

type BorderContent =
  | { tag: "image"; val: string }
  | { tag: "file"; val: { fileType: string; name: string; durationMs: number | null } };

type BorderSource =
  | { tag: "message"; val: { messageId: string; fileKey: string; kind: string } }
  | { tag: "image"; val: string }
  | { tag: "file"; val: string };

declare module "lark-callback:plugin/log@0.1.0" {
  const log: { write(level: "debug" | "info" | "warn" | "error", message: string): void };
  export default log;
}

declare module "lark-callback:plugin/config@0.1.0" {
  const config: { get(key: string): string | null };
  export default config;
}

declare module "lark-callback:plugin/kv@0.1.0" {
  const kv: {
    get(key: string): { value: Uint8Array; version: number } | null;
    set(key: string, value: Uint8Array, ttlMs: number | null): number;
    compareAndSet(key: string, expected: number | null, value: Uint8Array, ttlMs: number | null): number | null;
    delete(key: string): boolean;
    listKeys(prefix: string, after: string | null, limit: number): string[];
  };
  export default kv;
}

declare module "lark-callback:plugin/openapi@0.1.0" {
  const openapi: {
    call(request: {
      identity: { tag: "app" } | { tag: "user"; val: string };
      method: string;
      path: string;
      query: Pairs;
      body: string | null;
      attributes: Pairs;
    }): { status: number; body: string; logId: string | null };
  };
  export default openapi;
}

declare module "lark-callback:plugin/http@0.1.0" {
  const http: {
    send(request: {
      method: string;
      url: string;
      headers: Pairs;
      body: Uint8Array | null;
      attributes: Pairs;
    }): BorderResponse;
  };
  export default http;
}

declare module "lark-callback:plugin/media@0.1.0" {
  const media: {
    beginUpload(content: BorderContent, size: number, attributes: Pairs): BorderUpload;
    openDownload(source: BorderSource, attributes: Pairs): BorderDownload;
  };
  export default media;
}

declare module "lark-callback:plugin/oauth@0.1.0" {
  const oauth: {
    begin(scopes: string[]): { url: string; state: string; ticket: string };
    exchange(code: string, ticket: string, openId: string): { openId: string; unionId: string | null; name: string };
    status(openId: string): {
      scopes: string[];
      accessExpiresAtMs: number;
      refreshExpiresAtMs: number | null;
      authorizedAtMs: number;
    } | null;
    forget(openId: string): boolean;
  };
  export default oauth;
}

declare module "lark-callback:plugin/metrics@0.1.0" {
  const metrics: {
    add(name: string, labels: Pairs, amount: number): void;
    time(name: string, labels: Pairs, ms: number): void;
  };
  export default metrics;
}

declare module "wasi:random/random@0.2.0" {
  const random: { getRandomBytes(length: number): Uint8Array };
  export default random;
}
