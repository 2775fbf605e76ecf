import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost, click, handle } from "lark-plugin-sdk/testing";

import plugin from "../src/plugin.ts";

test("clicks are counted", async () => {
  new FakeHost();
  for (const count of [1, 2]) {
    const { reply } = await handle(plugin, "{{event}}", click({ "{{name}}": { count: "likes" } }));
    assert.equal(reply.toast.content, `第 ${count} 次`);
  }
});

test("buttons of other plugins are passed on", async () => {
  new FakeHost();
  const { reply } = await handle(plugin, "{{event}}", click({ another: 1 }));
  assert.equal(reply, "pass");
});
