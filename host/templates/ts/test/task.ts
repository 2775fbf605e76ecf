import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost, handle, run } from "lark-plugin-sdk/testing";

import plugin from "../src/plugin.ts";

test("an event becomes a task", async () => {
  new FakeHost();
  const { tasks } = await handle(plugin, "{{event}}", {}, { id: "e1" });
  assert.deepEqual(tasks, [{ plugin: null, name: "report", payload: { event_id: "e1" }, delayMs: 0 }]);
});

test("the task sends a message", async () => {
  const host = new FakeHost({ config: { chat: "oc_reports" } });
  await run(plugin, "report", { event_id: "e1" });
  assert.equal(host.calls[0]!.body.receive_id, "oc_reports");
});
