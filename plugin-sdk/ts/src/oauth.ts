/** User authorization. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can open. */

import border from "lark-callback:plugin/oauth@0.1.0";

import { ask } from "./failure.ts";

const CASES = {
  "not-granted": { said: "the operator has not granted this authorization", again: false },
  "bad-ticket": { said: "the ticket is not one of this host, or has expired", again: false },
  "code-refused": { said: "Lark rejected the code; a new link is needed", again: false },
  "wrong-user": { said: "the link was made for another user", again: false },
  "not-allowed": { said: "this user may not use the application", again: false },
  retry: { said: "Lark is not available", again: true },
  failed: { said: "authorization is not possible", again: false },
};

/** Makes an authorization link. Keep the ticket until the user comes back; store only a hash of the state. */
export function begin(scopes: string[]): { url: string; state: string; ticket: string } {
  return ask(CASES, () => border.begin(scopes));
}

/** Exchanges the code the user came back with, and stores the tokens if the user is `openId`. */
export function exchange(
  code: string,
  ticket: string,
  openId: string,
): { openId: string; unionId: string | null; name: string } {
  return ask(CASES, () => border.exchange(code, ticket, openId));
}

/** This user's authorization; `undefined` when there is none. */
export function status(openId: string): ReturnType<typeof border.status> | undefined {
  return ask(CASES, () => border.status(openId)) ?? undefined;
}

/** Deletes the user's tokens and returns whether there were any. */
export function forget(openId: string): boolean {
  return ask(CASES, () => border.forget(openId));
}
