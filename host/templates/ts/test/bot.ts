import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost, handle, textMessage } from "lark-plugin-sdk/testing";

import plugin from "../src/plugin.ts";

test("a text is answered", async () => {
  const host = new FakeHost();
  const { reply } = await handle(plugin, "{{event}}", textMessage("hello"));
  assert.equal(reply, "none");
  assert.equal(host.calls.length, 1);
  assert.match(host.calls[0]!.path, /\/reply$/);
  assert.match(host.calls[0]!.body.content, /hello/);
});

test("a mention of the bot is not repeated", async () => {
  const host = new FakeHost();
  await handle(plugin, "{{event}}", textMessage("hello", "ou_anna", { mentionsBot: true }));
  assert.deepEqual(JSON.parse(host.calls[0]!.body.content), { text: "你说：hello" });
});

test("a message that cannot be answered is given up at once", async () => {
  new FakeHost();
  const { failure } = await handle(plugin, "{{event}}", null, { fails: true });
  assert.equal(failure?.retry, null);
});
