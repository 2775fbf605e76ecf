/** The interfaces of the host, as the engine offers them to a module. The WIT files beside this package are the manual. */

interface RetryLater {
  message: string;
  afterMs: number | null;
}

interface BorderError {
  tag: string;
  val?: string | RetryLater;
}

type Pairs = [string, string][];

interface BorderResponse {
  status(): number;
  headers(): Pairs;
  read(bytesMax: number): Uint8Array;
  [Symbol.dispose]?(): void;
}

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
