/** The part of Node that tests use, so that they need no other types. */

declare module "node:test" {
  export function test(name: string, work: () => void | Promise<void>): Promise<void>;
  export default test;
}

declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal(found: unknown, wanted: unknown, message?: string): void;
    notEqual(found: unknown, other: unknown, message?: string): void;
    deepEqual(found: unknown, wanted: unknown, message?: string): void;
    match(text: string, pattern: RegExp, message?: string): void;
    throws(work: () => unknown, wanted?: RegExp | object | ((error: any) => boolean), message?: string): void;
    rejects(work: Promise<unknown> | (() => Promise<unknown>), wanted?: RegExp | object, message?: string): Promise<void>;
  }
  const assert: Assert;
  export default assert;
}

declare module "node:fs" {
  export function readFileSync(path: string | object, encoding: "utf8"): string;
  export function readdirSync(path: string | object): string[];
}
