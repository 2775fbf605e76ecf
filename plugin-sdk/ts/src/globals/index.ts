/** What the engine lacks of the globals that people expect. The build puts in those that a plugin uses, and no others. */

export { console } from "./console.ts";
export { AbortSignal, Headers, Response, fetch } from "./fetch.ts";
export { crypto } from "./random.ts";
export { TextDecoder, TextEncoder, structuredClone } from "./text.ts";
export { URL, URLSearchParams } from "./url.ts";
