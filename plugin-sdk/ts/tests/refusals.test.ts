/** The fake host refuses what the server refuses, in its words. */

import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";

import { HostError, definePlugin, done, json, kv, lark, withTasks } from "../src/index.ts";
import { FakeHost, click, handle, link } from "../src/testing/index.ts";
import { refusedCard } from "../src/testing/card.ts";
import { LIMITS, bytesOf, refusedReply, refusedRequest, refusedTasks, refusedValue } from "../src/testing/refusals.ts";

const file = JSON.parse(fs.readFileSync(`${Reflect.get(globalThis, "process").cwd()}/../schema/refusals.json`, "utf8"));

/** A part of the file, with all that it repeats. */
function part(name: string): any[][] {
  return file[name].map((value: unknown[]) => value.map(expanded));
}

function expanded(value: any): any {
  if (Array.isArray(value)) {
    return value.map(expanded);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const [times, of] = value.$repeat ?? [];
  if (times !== undefined) {
    return typeof of === "string" ? of.repeat(times) : Array.from({ length: times }, () => of);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expanded(inner)]));
}

test("replies, cards, requests, tasks and values are refused in the words that all languages share", () => {
  for (const [type, reply, said] of part("replies")) {
    assert.equal(refusedReply(type, JSON.stringify(reply)) ?? null, said);
  }
  for (const [card, said] of part("cards")) {
    assert.equal(refusedCard(card, bytesOf(JSON.stringify(card))) ?? null, said);
  }
  for (const [method, path, body, said] of part("requests")) {
    assert.equal(refusedRequest(method, path, JSON.stringify(body)) ?? null, said);
  }
  for (const [tasks, said] of part("tasks")) {
    const crossing = tasks.map((task: any) => ({
      name: task.name,
      payload: JSON.stringify(task.payload ?? {}),
      delayMs: task.delay_ms ?? 0,
      plugin: task.plugin ?? null,
    }));
    assert.equal(refusedTasks(LIMITS, crossing) ?? null, said);
  }
  for (const [key, bytes, said] of part("values")) {
    assert.equal(refusedValue(LIMITS, key, bytes, []) ?? null, said);
  }
});

test("a handler finds the limits of the key-value store in a test", () => {
  new FakeHost({ limits: { kv_bytes_max: 1000 } });
  const over = (work: () => unknown): void =>
    assert.throws(work, (error: any) => error instanceof HostError && error.code === "over-limit");
  over(() => kv.setBytes("a", new Uint8Array(300 << 10)));
  over(() => kv.set("a", "b".repeat(1000)));
  over(() => kv.get("k".repeat(513)));
  over(() => kv.keys("k".repeat(513)));
  kv.set("a", 1);
  assert.throws(() => new FakeHost({ limits: { kv_value_byte_max: 1 } as never }), /the nearest is "kv_value_bytes_max"/);
});

test("a card that Lark would refuse is neither sent nor a reply", async () => {
  const card = { schema: "2.0", body: { elements: [{ tag: "markdwn", content: "hi" }] } };
  const host = new FakeHost();
  assert.throws(
    () => lark.sendCard({ chatId: "oc_1" }, card),
    /this call cannot be made: `content.body.elements\[0\].tag` is no kind of component; the nearest one is `markdown`/,
  );
  assert.equal(host.calls.length, 0);
  const plugin = definePlugin({
    events: {
      "card.action.trigger": () => json({ card: { type: "raw", data: card } }),
      "url.preview.get": () => json({ toast: { content: "hi" } }),
      "im.message.receive_v1": () => withTasks(done, ...Array.from({ length: 17 }, () => ({ name: "later" }))),
    },
    tasks: { later() {} },
  });
  const wrong = "Lark would not take this reply: `card.data.body.elements[0].tag` is no kind of component";
  await assert.rejects(handle(plugin, "card.action.trigger", click({})), (error: Error) => error.message.startsWith(wrong));
  await assert.rejects(handle(plugin, "url.preview.get", link("https://a.example.com")), /`toast` belongs to the reply to a click/);
  await assert.rejects(handle(plugin, "im.message.receive_v1", {}), /the number of tasks in one outcome is over the limit of 16/);
});
