import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost, handle } from "lark-plugin-sdk/testing";

import plugin from "../src/plugin.ts";

test("an event is handled", async () => {
  const host = new FakeHost();
  const { reply } = await handle(plugin, "{{event}}", { a: 1 });
  assert.equal(reply, "none");
  assert.match(host.logged[0]!.message, /with 1 fields$/);
});
