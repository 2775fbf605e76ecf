/// <reference path="./border.d.ts" />
/// <reference path="./globals.d.ts" />
/** Write a lark-callback plugin in TypeScript or JavaScript. README.md is the manual. */

export * as config from "./config.ts";
export * as http from "./http.ts";
export * as kv from "./kv.ts";
export * as lark from "./lark.ts";
export * as log from "./log.ts";
export * as media from "./media.ts";
export * as metrics from "./metrics.ts";
export * as oauth from "./oauth.ts";
export type * from "./generated/events.ts";
export { Failure, HostError } from "./failure.ts";
export * as message from "./message.ts";
export type { Handled, LarkEvent, Plugin, Schedule, Task, Want } from "./plugin.ts";
export { definePlugin } from "./plugin.ts";
export type { Card, CardTemplate, NewTask, Outcome, PreviewLinks, ToastKind, Translations } from "./reply.ts";
export { card, done, json, pass, preview, toast, withTasks } from "./reply.ts";
