/** Failures: what a handler throws, and what the host makes of it. */

import { instead } from "./absent.ts";
import type { Cases } from "./cases.ts";

/** A failed call, and whether a retry may succeed. The message is for the log; the user of a callback sees a neutral toast. */
export class Failure extends Error {
  override name = "Failure";

  /** `null` for a failure that is not retried. */
  readonly retry: { afterMs: number | null } | null;

  private constructor(message: string, retry: { afterMs: number | null } | null) {
    super(message);
    this.retry = retry;
  }

  /** A failure that is retried: with the host's backoff, or after at least this delay. */
  static retry(message: string, afterMs: number | null = null): Failure {
    return new Failure(message, { afterMs });
  }

  /** A failure that is not retried. */
  static permanent(message: string): Failure {
    return new Failure(message, null);
  }
}

/** An error of one of the host's services. Thrown out of a handler, it decides by itself whether the call is retried. */
export class HostError extends Error {
  override name = "HostError";

  constructor(
    /** The name of the case in the WIT, for example `not-granted`. */
    readonly code: string,
    message: string,
    /** Whether a retry may succeed, and the shortest delay before it. */
    readonly retry: { afterMs: number | null } | null,
  ) {
    super(message);
  }
}

/** Runs a call of the host, and turns what it throws into an error with a sentence. */
export function ask<T>(cases: Cases, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw understood(cases, error);
  }
}

/** An error as it crossed the border, if it is one. */
export function crossed(error: unknown): BorderError | undefined {
  // An engine may wrap the value of the border in an error.
  const thrown = (error instanceof Error && "payload" in error ? error.payload : error) as BorderError | undefined;
  return typeof thrown === "object" && thrown !== null && typeof thrown.tag === "string" ? thrown : undefined;
}

function understood(cases: Cases, error: unknown): unknown {
  const thrown = crossed(error);
  if (thrown === undefined) {
    return error;
  }
  const { tag, val } = thrown;
  const known = cases[tag] ?? { said: tag, again: false };
  const detail = typeof val === "object" && "message" in val ? val : { message: String(val ?? ""), afterMs: null };
  const message = detail.message === "" ? known.said : `${known.said}: ${detail.message}`;
  return new HostError(tag, message, known.again ? { afterMs: detail.afterMs ?? null } : null);
}

/** A failure as it crosses the border. */
export type BorderFailure = { tag: "retry"; val: RetryLater } | { tag: "permanent"; val: string };

/** The letters of a message before a place: the host cuts the end of a text of more than 4 KiB, and the place is there. */
const MESSAGE_LETTERS_MAX = 1000;
const PLACE_LETTERS_MAX = 200;

/** What the host is told of anything that a handler throws: retry by default, because most errors are temporary. */
export function toBorder(error: unknown, place?: string): BorderFailure {
  const said = describe(error);
  const message = place === undefined ? said : `${cut(said, MESSAGE_LETTERS_MAX)} at ${cut(place, PLACE_LETTERS_MAX)}`;
  let cause: unknown = error;
  while (cause instanceof Error) {
    if (cause instanceof Failure || "retry" in cause) {
      const retry = (cause as Failure).retry;
      return retry === null
        ? { tag: "permanent", val: message }
        : { tag: "retry", val: { message, afterMs: retry.afterMs } };
    }
    cause = cause.cause;
  }
  return { tag: "retry", val: { message, afterMs: null } };
}

function cut(text: string, lettersMax: number): string {
  return text.length <= lettersMax ? text : `${text.slice(0, lettersMax)}…`;
}

/** Whether an error was meant: it needs no stack in the log. */
export function isMeant(error: unknown): boolean {
  return error instanceof Error && "retry" in error;
}

/** The message of an error, with the messages of its causes. */
export function describe(error: unknown): string {
  const parts: string[] = [];
  let cause: unknown = error;
  while (cause instanceof Error && parts.length < 10) {
    const hint = instead(cause);
    const said = `${cause.name}: ${cause.message}${hint === undefined ? "" : ` (${hint})`}`;
    parts.push("retry" in cause ? cause.message : said);
    cause = cause.cause;
  }
  if (parts.length === 0 || cause !== undefined) {
    const said = typeof cause === "string" ? cause : (JSON.stringify(cause) ?? String(cause));
    parts.push(cause === null ? "null, which the engine throws when it has no memory left to say more" : said);
  }
  return parts.join(": ");
}
