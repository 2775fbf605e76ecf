/** A plugin gets what Lark sent and the host what the plugin means, through a host in memory. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure, config, definePlugin, done, http, kv, lark, log, message, metrics, pass, toast, withTasks } from "../src/index.ts";
import { FakeHost, click, failure, handle, link, run, textMessage } from "../src/testing/index.ts";

test("a reply and its tasks cross the border as Lark and the host want them", async () => {
  const plugin = definePlugin({
    events: {
      "card.action.trigger": async (event) =>
        withTasks(toast("info", `hello ${event.payload.operator.open_id}`, { i18n: { en_us: "hello" } }), { name: "later", payload: { a: 1 }, delayMs: 1500 }),
      "url.preview.get": () => pass,
      "*": () => done,
    },
    tasks: { later() {} },
  });
  const clicked = await handle(plugin, "card.action.trigger", click({ a: 1 }));
  assert.deepEqual(clicked.reply, { toast: { type: "info", content: "hello ou_anna", i18n: { en_us: "hello" } } });
  assert.deepEqual(clicked.tasks, [{ plugin: null, name: "later", payload: { a: 1 }, delayMs: 1500 }]);
  assert.equal((await handle(plugin, "url.preview.get", link("https://example.com"))).reply, "pass");
  assert.equal((await handle(plugin, "im.chat.updated_v1", {})).reply, "none");
});

test("a failure says whether the host tries again", async () => {
  const throwing = (error: unknown) =>
    definePlugin({
      tasks: {
        t: () => {
          throw error;
        },
      },
    });
  const host = new FakeHost();
  const told = async (error: unknown) => (await run(throwing(error), "t", {}, { fails: true })).failure;
  assert.deepEqual(await told(Failure.permanent("never")), { message: "never", retry: null });
  assert.deepEqual(await told(Failure.retry("busy", 500)), { message: "busy", retry: { afterMs: 500 } });
  const wrapped = await told(new Error("outer", { cause: Failure.permanent("inner") }));
  assert.deepEqual(wrapped, { message: "Error: outer: inner", retry: null });
  const before = host.logged.length;
  assert.equal(host.logged[0]!.message, "Error: outer: inner");
  const bug = await told(new TypeError("x is not a function"));
  assert.deepEqual(bug, { message: "TypeError: x is not a function", retry: { afterMs: null } });
  const [first, ...stack] = host.logged.slice(before).map((line) => line.message);
  assert.equal(first, "TypeError: x is not a function");
  assert.ok(stack.some((line) => line.includes("plugin.test")) && stack.every((line) => !line.includes("\n")));
  assert.equal((await told("text"))?.message, "text");
});

test("a task that no handler is for is told with those that there are, when it is scheduled and when it runs", async () => {
  const plugin = definePlugin({
    events: {
      "card.action.trigger": () => withTasks(done, { name: "digset" }),
      "url.preview.get": () => withTasks(pass, { name: "digset", plugin: "other" }),
    },
    tasks: { digest() {}, tidy() {} },
  });
  const told = { message: "the plugin does not know the task `digset`; it knows `digest`, `tidy`", retry: null };
  assert.deepEqual((await handle(plugin, "card.action.trigger", click({}), { fails: true })).failure, told);
  assert.deepEqual((await run(plugin, "digset", {}, { fails: true })).failure, told);
  assert.equal((await handle(plugin, "url.preview.get", link("https://example.com"))).tasks.length, 1);
  const without = await run(definePlugin({}), "digest", {}, { fails: true });
  assert.equal(without.failure!.message, "the plugin does not know the task `digest`; it does no tasks");
});

test("a failure names the first place in the author's own files, however long its message is", async () => {
  const host = new FakeHost();
  const sources = ["vendor/lark-plugin-sdk/src/kv.ts", "src/plugin.ts"];
  Reflect.set(globalThis, "larkPluginPlaces", { sources, lines: "0:7 1:4 1:9" });
  const bug = new TypeError("字".repeat(5000));
  bug.stack = "    at apply (native)\n    at update (work/plugin.js:1:3)\n    at pick (work/plugin.js:2)\n    at work/plugin.js:3\n";
  const plugin = definePlugin({
    tasks: {
      t: () => {
        throw bug;
      },
    },
  });
  const { failure } = await run(plugin, "t", {}, { fails: true });
  Reflect.deleteProperty(globalThis, "larkPluginPlaces");
  assert.match(failure!.message, /^TypeError: 字+… at src\/plugin\.ts:4$/);
  assert.ok(new TextEncoder().encode(failure!.message).length < 4096);
  assert.equal(host.logged[3]!.message, "    at pick (src/plugin.ts:4)");
});

test("a value of the settings keeps its digits, and a text that is wanted as one stays a text", async () => {
  const host = new FakeHost({
    config: { code: "12345678901234567890", flag: "true", release: "1.10", days: 7, share: 0.5, ids: ["ou_boss"], on: true, room: { id: 1 } },
  });
  assert.equal(config.get("flag"), "true");
  assert.equal(config.get("ids"), '["ou_boss"]');
  assert.equal(config.read("code"), "12345678901234567890");
  assert.equal(config.read("release"), "1.10");
  assert.deepEqual([config.read("days"), config.read("share"), config.read("on")], [7, 0.5, true]);
  assert.deepEqual([config.read("ids"), config.read("room"), config.read("none")], [["ou_boss"], { id: 1 }, undefined]);
  for (const [given, told] of [
    ["[9007199254740993, 1]", ["9007199254740993", 1]],
    ["100.0", 100],
    ["1e20", 1e20],
    ["-1.5e-7", -1.5e-7],
    ["9007199254740993", "9007199254740993"],
    ["1e400", "1e400"],
    ["007", "007"],
    ['["1.10"]', ["1.10"]],
  ] as const) {
    host.config.given = given;
    assert.deepEqual(config.read("given"), told, given);
  }
  let flag: unknown;
  const plugin = definePlugin({
    wants: [{ kind: "config", value: "flag", reason: "…", type: "text" }],
    tasks: {
      t: () => {
        flag = config.read("flag");
      },
    },
  });
  await run(plugin, "t");
  assert.equal(flag, "true");
});

test("the key-value store has versions, expiry and conflicts", () => {
  const host = new FakeHost({ kv: { likes: 41 } });
  assert.equal(kv.update<number>("likes", (count = 0) => count + 1), 42);
  host.writeInBetween("likes", 50);
  assert.equal(kv.update<number>("likes", (count = 0) => count + 1), 51);
  assert.equal(kv.compareAndSet("likes", undefined, 1), undefined);
  kv.set("short", { 汉: "字" }, { ttlMs: 1000 });
  assert.deepEqual(kv.get("short"), { 汉: "字" });
  assert.deepEqual(kv.keys(), ["likes", "short"]);
  host.advance(1000);
  assert.equal(kv.get("short"), undefined);
  assert.equal(kv.remove("likes"), true);
  host.kvIsDown = true;
  assert.throws(() => kv.get("likes"), { code: "unavailable", retry: { afterMs: null } });
});

test("calls of Lark carry what they must, and a code is an error", () => {
  const host = new FakeHost();
  assert.equal(lark.sendText({ chatId: "oc_1" }, "你好"), "om_1");
  assert.deepEqual(host.calls[0], {
    method: "POST",
    path: "/open-apis/im/v1/messages",
    query: { receive_id_type: "chat_id" },
    body: { receive_id: "oc_1", msg_type: "text", content: '{"text":"你好"}' },
    asUser: undefined,
  });
  lark.patchCard("om_1", { schema: "2.0" });
  assert.equal(host.calls[1]!.body.content, '{"schema":"2.0"}');
  assert.throws(() => lark.replyText("a/b", "x"), { code: "refused" });
  host.answerLark("GET /open-apis/contact/v3/users/*", { code: 99991400, msg: "too many" }, failure("retry", "busy", 2000));
  assert.throws(() => lark.call("GET", "/open-apis/contact/v3/users/ou_1"), /code 99991400.*too many/);
  assert.throws(() => lark.call("GET", "/open-apis/contact/v3/users/ou_1"), { retry: { afterMs: 2000 } });
});

test("a service's answer is read whole, as JSON and event by event", () => {
  const host = new FakeHost()
    .answerHttp("POST https://llm.example.com/v1/chat", { events: [{ delta: "a" }, { delta: "b" }, "[DONE]"] })
    .answerHttp("GET https://api.example.com/**", { status: 503, headers: { "Retry-After": "7" }, body: "busy" }, { body: { ok: true } });
  const response = http.request("https://llm.example.com/v1/chat", { json: { stream: true }, timeoutMs: 900 }).success();
  assert.deepEqual([...response.events()].map((event) => event.data), ['{"delta":"a"}', '{"delta":"b"}', "[DONE]"]);
  assert.equal(host.requests[0]!.headers["content-type"], "application/json");
  assert.deepEqual(host.requests[0]!.attributes, { "timeout-ms": "900" });
  const ask = () => http.request("https://api.example.com/v1/items", { query: { q: "a b&" } });
  assert.throws(() => ask().success(), { retry: { afterMs: 7000 } });
  assert.deepEqual(ask().json(), { ok: true });
  assert.equal(host.requests[2]!.url, "https://api.example.com/v1/items?q=a%20b%26");
});

test("fetch is what people know", async () => {
  new FakeHost().answerHttp("GET https://api.example.com/a", { status: 201, body: { a: 1 } });
  const response = await fetch("https://api.example.com/a", { headers: { A: "b" }, signal: AbortSignal.timeout(500) });
  assert.equal(response.status, 201);
  assert.equal(response.ok, true);
  assert.deepEqual(await response.json(), { a: 1 });
  await assert.rejects(response.text(), /read already/);
});

test("the text of a message is read with and without mentions", () => {
  const payload: any = textMessage("hello @_user_10", "ou_anna", { mentionsBot: true });
  payload.message.mentions.push({ key: "@_user_10", name: "@_user_1", id: {} });
  assert.equal(message.text(payload), "@_user_1 hello @_user_10");
  assert.equal(message.textWithNames(payload), "@Bot hello @@_user_1");
  assert.equal(message.textWithoutMentions(payload), "hello");
  assert.equal(message.mentionsBot(payload, "cli_1"), true);
  payload.message.message_type = "post";
  payload.message.content = JSON.stringify({ title: "T", content: [[{ tag: "text", text: "a" }, { tag: "a", href: "https://x" }], [{ tag: "at", user_id: "@_user_1" }]] });
  assert.equal(message.text(payload), "T\nahttps://x\n@_user_1");
  payload.message.message_type = "image";
  assert.equal(message.text(payload), "");
});

test("console and metrics go to the operator", () => {
  const host = new FakeHost();
  console.log("%s has %d", "anna", 3, { a: [1], b: undefined });
  console.warn(new Map([["k", 1]]));
  log.error("plain");
  metrics.add("greeting", { language: "zh" });
  assert.deepEqual(host.logged.map(({ level, message }) => `${level} ${message}`), ["info anna has 3 {a: [1], b: undefined}", 'warn Map {"k" => 1}', "error plain"]);
  assert.equal(host.counted.get('greeting{language="zh"}'), 1);
});

test("console leaves nothing out without saying so", () => {
  const host = new FakeHost();
  const last = () => host.logged.at(-1)!.message;
  console.log(Array.from({ length: 200 }, (_, at) => `line ${at}`).join("\n"));
  assert.deepEqual([host.logged.length, last()], [200, "line 199"]);
  console.log({ body: { elements: [{ columns: [{ elements: [{ text: { content: "hi" } }] }] }] } });
  assert.equal(last(), '{body: {elements: [{columns: [{elements: [{text: {content: "hi"}}]}]}]}}');
  const deep = JSON.parse(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`);
  console.dir(deep);
  assert.equal(last(), `${"{a: ".repeat(12)}[Object …]${"}".repeat(12)}`);
  const each: Record<string, unknown>[] = Array.from({ length: 20 }, () => ({}));
  each.forEach((one) => Object.assign(one, { others: [...each] }));
  console.log(each);
  assert.match(last(), /… \d+ more/);
  assert.ok(last().length < 50_000);
  console.log(Array.from({ length: 3000 }, () => 1));
  assert.match(last(), /, 1, … 1001 more\]$/);
  const error = new Error("deep");
  error.stack = "    at again (src/plugin.ts:1)\n".repeat(1000);
  console.error(error);
  assert.equal(last(), "    … 950 more lines");
});

test("a declaration that is wrong is told in its own words, with the nearest that is right", () => {
  const days = { kind: "config", value: "days", reason: "to count" };
  for (const [wrong, told] of [
    [{ wants: [{ ...days, type: "int" }] }, 'wants[0].type must be one of "text", "integer", "number", "boolean", "list", "table", and is "int"; the nearest is "integer"'],
    [{ wants: [days, { ...days, type: String }] }, 'and is String; the nearest is "text"'],
    [{ wants: [{ ...days, type: "intger" }] }, 'the nearest is "integer"'],
    [{ wants: [{ ...days, kind: "opnapi" }] }, 'and is "opnapi"; the nearest is "openapi"'],
    [{ wants: [{ ...days, kind: "http", type: "text" }] }, 'wants[0].type is of a value under [config], and its kind is "http"; leave it out'],
    [{ wants: [{ kind: "config", value: 7, reason: "" }] }, "wants[0].value must be a string, and is 7"],
    [{ wants: [{ kind: "config", value: "days" }] }, "wants[0].reason must be a string, and is undefined"],
    [{ wants: [{ ...days, reasn: "x" }] }, 'wants[0] has no member reasn; the nearest is "reason"'],
    [{ wants: days }, "wants must be an array, and is {"],
    [{ ordering_key: "/a" }, 'the plugin has no member ordering_key; the nearest is "orderingKey"'],
    [{ finishesLate: "yes" }, 'finishesLate must be a boolean, and is "yes"'],
    [{ events: { *"a.b"() {} } }, 'events["a.b"] is a generator, whose code would not run; return an outcome'],
    [{ events: { "*": "done" } }, 'events["*"] must be a function, and is "done"'],
    [{ schedules: [{ task: "report", at: 9 }], tasks: { report() {} } }, "schedules[0].at must be a string, and is 9"],
    [{ schedules: [{ task: "report", at: "0 9 * * *" }] }, 'schedules[0].task is "report", and tasks has no handler of that name'],
    [
      { schedules: [{ task: "reprot", at: "0 9 * * *" }], tasks: { report() {} } },
      'and tasks has no handler of that name; the nearest is "report"',
    ],
  ] as const) {
    assert.throws(
      () => definePlugin(wrong as never),
      ({ name, message }: Error) => name === "TypeError" && message.includes(told),
      told,
    );
  }
});
