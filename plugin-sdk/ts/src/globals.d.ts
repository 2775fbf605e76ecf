/** The globals that a plugin has beside those of the language. */

declare const console: typeof import("./globals/console.ts").console;
declare const fetch: typeof import("./globals/fetch.ts").fetch;
declare const Headers: typeof import("./globals/fetch.ts").Headers;
declare const AbortSignal: typeof import("./globals/fetch.ts").AbortSignal;
declare const crypto: typeof import("./globals/random.ts").crypto;
declare const TextEncoder: typeof import("./globals/text.ts").TextEncoder;
declare const TextDecoder: typeof import("./globals/text.ts").TextDecoder;
declare const structuredClone: typeof import("./globals/text.ts").structuredClone;
declare const URL: typeof import("./globals/url.ts").URL;
declare const URLSearchParams: typeof import("./globals/url.ts").URLSearchParams;
type Headers = import("./globals/fetch.ts").Headers;
type Response = import("./globals/fetch.ts").Response;
type URL = import("./globals/url.ts").URL;
type URLSearchParams = import("./globals/url.ts").URLSearchParams;

declare const performance: { now(): number };
declare function queueMicrotask(job: () => void): void;
declare function atob(base64: string): string;
declare function btoa(binary: string): string;
