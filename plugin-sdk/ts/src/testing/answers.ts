/** Checks of what a test has the host answer: what is misspelt would be an answer that no service gives. */

import { type Cases, HTTP, KV, LARK, MEDIA, OAUTH } from "../cases.ts";
import { is, members, oneOf } from "../declared.ts";
import type { Canned } from "./host.ts";

const CANNED = ["status", "headers", "body", "events"];
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*"];

/** The tag of an error as it crosses the border, which the functions for tests make. */
export type Crossing = Error & { payload: { tag: string } };

/** Holds that there is such a case, and that a delay is one of a retry. */
export function checkFailure(tag: string, afterMs: number | null): void {
  const known = [KV, HTTP, LARK, MEDIA, OAUTH].flatMap((cases) => Object.keys(cases));
  oneOf("the case of a failure", tag, [...new Set(known)]);
  if (afterMs !== null && tag !== "retry") {
    throw new TypeError(`a failure ${JSON.stringify(tag)} has no delay; one that has is "retry"`);
  }
}

/** Holds that an error is one that these calls of the host can have. */
export function checkErrors(where: string, errors: readonly Error[], cases: Cases, others: string[] = []): void {
  for (const error of errors) {
    if (!(error instanceof Error && "payload" in error)) {
      throw new TypeError(`an error of ${where} is made with failure() or rejection(), and this one is ${error}`);
    }
    oneOf(`an error of ${where}`, (error as Crossing).payload.tag, [...Object.keys(cases), ...others]);
  }
}

/** Holds that an entry can cover a call: a method and a place, of which the latter has no query. */
export function checkEntry(where: string, entry: string, beginnings: string[]): void {
  const [method, place = "", ...more] = entry.split(" ");
  oneOf(`the method of ${where}`, method, METHODS);
  if (more.length > 0 || place === "" || /[?#]/.test(place)) {
    throw new TypeError(`an entry of ${where} is a method and a place without a query, and this one is ${JSON.stringify(entry)}`);
  }
  if (![...beginnings, "*"].some((beginning) => place.startsWith(beginning))) {
    throw new TypeError(`the place of ${where} begins with ${beginnings.join(" or ")}, and is ${JSON.stringify(place)}`);
  }
}

/** Holds that there are answers, and that their errors are those of these calls; returns the others. */
function checkSome<T>(where: string, answers: readonly (T | Error)[], cases: Cases): T[] {
  if (answers.length === 0) {
    throw new TypeError(`${where} has no answer`);
  }
  checkErrors(where, answers.filter((answer) => answer instanceof Error), cases);
  return answers.filter((answer): answer is T => !(answer instanceof Error));
}

export function checkHttp(answers: readonly (Canned | Error)[]): void {
  for (const answer of checkSome("answerHttp", answers, HTTP)) {
    const { status, headers, body, events } = members("an answer of answerHttp", answer, CANNED);
    is("the status of an answer", status, "number", true);
    is("the headers of an answer", headers, "object", true);
    if (events !== undefined && (body !== undefined || !Array.isArray(events))) {
      throw new TypeError("an answer of answerHttp has a body, or a list of events");
    }
  }
}

/** Lark's answers have `code`, `msg` and `data`, some other members beside them, and some old ones nothing of it. */
export function checkLark(answers: readonly (Record<string, unknown> | Error)[]): void {
  for (const answer of checkSome("answerLark", answers, LARK)) {
    is("an answer of answerLark", answer, "object");
    if ("code" in answer) {
      is("the code of an answer", answer["code"], "number");
      continue;
    }
    const names = Object.keys(answer);
    if ("data" in answer || "msg" in answer || (names.length > 0 && names.every((name) => CANNED.includes(name)))) {
      const said = `an answer of answerLark is the whole body, { code: 0, data: … }, and this one has ${names.join(", ")}`;
      throw new TypeError(`${said}; a Lark that is not available is failure("retry", "…")`);
    }
  }
}

export function checkMedia(errors: readonly Error[]): void {
  checkErrors("failMedia", errors, MEDIA, ["rejected"]);
}

export function checkKv(errors: readonly Error[]): void {
  checkErrors("failKv", errors, KV);
}
