/** User authorization. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can open. */

import border from "lark-callback:plugin/oauth@0.1.0";

import { OAUTH } from "./cases.ts";
import { ask } from "./failure.ts";

/** Makes an authorization link. Keep the ticket until the user comes back; store only a hash of the state. */
export function begin(scopes: string[]): { url: string; state: string; ticket: string } {
  return ask(OAUTH, () => border.begin(scopes));
}

/** Exchanges the code the user came back with, and stores the tokens if the user is `openId`. */
export function exchange(
  code: string,
  ticket: string,
  openId: string,
): { openId: string; unionId: string | null; name: string } {
  return ask(OAUTH, () => border.exchange(code, ticket, openId));
}

/** This user's authorization; `undefined` when there is none. */
export function status(openId: string): ReturnType<typeof border.status> | undefined {
  return ask(OAUTH, () => border.status(openId)) ?? undefined;
}

/** Deletes the user's tokens and returns whether there were any. */
export function forget(openId: string): boolean {
  return ask(OAUTH, () => border.forget(openId));
}
