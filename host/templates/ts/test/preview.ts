import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost, handle, link } from "lark-plugin-sdk/testing";

import plugin from "../src/plugin.ts";

test("a link to a ticket has a title", async () => {
  new FakeHost();
  const { reply } = await handle(plugin, "{{event}}", link("https://example.com/tickets/42"));
  assert.equal(reply.inline.title, "工单 42");
});

test("other links are passed on", async () => {
  new FakeHost();
  const { reply } = await handle(plugin, "{{event}}", link("https://example.com/"));
  assert.equal(reply, "pass");
});
