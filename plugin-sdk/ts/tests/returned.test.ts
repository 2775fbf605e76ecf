/** What a handler returns is refused with its name, and with the place of what is wrong. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { definePlugin, done, json, toast, withTasks } from "../src/index.ts";
import { FakeHost, click, handle, run } from "../src/testing/index.ts";

/** What is said of a handler that returns this. */
async function said(returned: unknown): Promise<string> {
  new FakeHost();
  const plugin = definePlugin({ events: { "card.action.trigger": () => returned as never } });
  const { failure } = await handle(plugin, "card.action.trigger", click({}), { fails: true });
  // The next attempt would return the same.
  assert.equal(failure!.retry, null);
  return failure!.message;
}

test("a handler that returns no outcome is named, with what it returned", async () => {
  const returns = "; it returns what toast(), card(), preview(), json(), done or pass give";
  for (const [returned, told] of [
    ["done", `the text "done"${returns}`],
    ["字".repeat(99), `the text "${"字".repeat(60)}…"${returns}`],
    [true, `the boolean true${returns}`],
    [7, `the number 7${returns}`],
    [[done], `a list${returns}`],
    [toast, `the function toast, which is to be called${returns}`],
    [{ toast: { content: "x" } }, `an object with toast${returns}; json(…) makes a reply of it`],
    [{ status: "ok", userId: 1 }, `an object with status, userId${returns}`],
    [{ reply: "none", task: [] }, `an object with reply, task${returns}`],
    [new Date(0), `an object Date without members${returns}`],
    [(function* () {})(), `a generator, whose code does not run${returns}`],
    [[Promise.resolve(done)], `a list${returns}`],
    [json(null as never), "a reply that is null; a reply is an object in the shape that Lark documents"],
    [json([] as never), "a reply that is a list; a reply is an object in the shape that Lark documents"],
    [json(Promise.resolve({}) as never), "a reply that is a promise, which is to be awaited; a reply is an object in the shape that Lark documents"],
  ] as const) {
    assert.equal(await said(returned), `the handler of "card.action.trigger" returned ${told}`);
  }
});

test("a part of a reply that has no form in JSON is told with its place", async () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = [loop];
  for (const [returned, told] of [
    [toast("info", Promise.resolve("x") as never), "a promise, which is to be awaited in reply.toast.content"],
    [toast("info", (() => "x") as never), "the function without a name, which is to be called in reply.toast.content"],
    [json({ card: { data: { elements: [{}, { size: 1n }] } } }), "the bigint 1 in reply.card.data.elements[1].size"],
    [json({ card: { size: Number.NaN } }), "the number NaN in reply.card.size"],
    [json({ names: new Set(["a"]) }), "an object Set without members in reply.names"],
    [json({ loop }), "a value that is nested without end in reply.loop"],
    [withTasks(done, { name: "t", payload: { at: new Map() } }), "an object Map without members in tasks[0].payload.at"],
  ] as const) {
    assert.equal(await said(returned), `the handler of "card.action.trigger" returned ${told}, and JSON has no form for it`);
  }
  const dated = definePlugin({ events: { "*": () => json({ at: new Date(0), absent: undefined }) } });
  assert.deepEqual((await handle(dated, "a.b", {})).reply, { at: "1970-01-01T00:00:00.000Z" });
});

test("a task that is none is told with its place", async () => {
  for (const [task, told] of [
    ["report", 'tasks[0] that is the text "report"; a task is { name, payload, delayMs }'],
    [{ name: "t", delay: 5 }, "tasks[0] with a member delay; a task may have name, payload, delayMs, plugin"],
    [{ payload: {} }, "tasks[0] whose name is absent; it is a text"],
    [{ name: "t", delayMs: "5" }, 'tasks[0] whose delayMs is the text "5"; it is a number'],
    [{ name: "t", delayMs: Number.NaN }, "tasks[0] whose delayMs is the number NaN; it is a number"],
  ] as const) {
    assert.equal(await said(withTasks(done, task as never)), `the handler of "card.action.trigger" returned ${told}`);
  }
});

test("of a task and of the handler of everything else the name is told, too", async () => {
  const plugin = definePlugin({ events: { "*": async () => "x" as never }, tasks: { report: () => "x" as never } });
  const ran = await run(plugin, "report", {}, { fails: true });
  assert.match(ran.failure!.message, /^the handler of the task "report" returned the text "x"/);
  const handled = await handle(plugin, "im.chat.updated_v1", {}, { fails: true });
  assert.match(handled.failure!.message, /^the handler of "\*" returned the text "x"/);
});
