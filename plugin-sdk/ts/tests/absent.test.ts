/** What the sandbox lacks is lacking in a test, too, and what there is instead is told in both. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { definePlugin, done, json } from "../src/index.ts";
import { FakeHost, handle } from "../src/testing/index.ts";

/** What is said of a plugin that uses a global. */
async function said(use: () => unknown): Promise<string> {
  new FakeHost();
  const work = async (): Promise<typeof done> => {
    await null;
    use();
    return done;
  };
  const { failure } = await handle(definePlugin({ events: { "*": work } }), "a.b", {}, { fails: true });
  return failure!.message;
}

const global = (code: string): unknown => (0, eval)(code);

test("what the sandbox lacks fails in a test with what there is instead", async () => {
  for (const [code, told] of [
    ["setTimeout(() => {}, 10)", "ReferenceError: setTimeout is not defined (the sandbox has no timers: withTasks("],
    ["process.env.TOKEN", "ReferenceError: process is not defined (the sandbox has no environment: config.require(key)"],
    ["Buffer.from('x')", "ReferenceError: Buffer is not defined (that is a class of Node: use Uint8Array"],
    ["new Intl.NumberFormat()", "ReferenceError: Intl is not defined (the engine has no Intl"],
    ["new AbortController()", "ReferenceError: AbortController is not defined (AbortSignal.timeout(ms) ends a request)"],
    ["nothing.of.this", "ReferenceError: nothing is not defined"],
  ] as const) {
    assert.ok((await said(() => global(code))).startsWith(told), code);
  }
  assert.equal(global("typeof setTimeout + typeof process + typeof Intl"), "functionobjectobject");
});

test("numbers, dates and the order of words are written as in the sandbox", async () => {
  new FakeHost();
  const at = new Date(Date.UTC(2024, 1, 3, 13, 4, 5));
  const plugin = definePlugin({
    events: {
      "*": () =>
        json({
          number: (1234567.891).toLocaleString("de-DE"),
          day: at.toLocaleDateString("zh-CN"),
          both: at.toLocaleString("zh-CN"),
          midnight: new Date(0).toLocaleTimeString(),
          hour: at.getHours(),
          order: ["z", "ä", "a", "B"].sort((one, other) => one.localeCompare(other, "de")).join(""),
        }),
    },
  });
  const { reply } = await handle(plugin, "a.b", {});
  const both = "02/03/2024, 01:04:05 PM";
  assert.deepEqual(reply, { number: "1234567.891", day: "02/03/2024", both, midnight: "12:00:00 AM", hour: 13, order: "Bazä" });
  assert.notEqual((1234567.891).toLocaleString("de-DE"), "1234567.891");
});
