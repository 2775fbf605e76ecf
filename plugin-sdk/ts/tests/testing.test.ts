/** The tools for tests find out what a test would miss: a failure that it does not look at, an error that is lost, a slip. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as cases from "../src/cases.ts";
import { Failure, HostError, config, definePlugin, done, http, kv, lark, log, media, metrics, oauth, pass } from "../src/index.ts";
import { FakeHost, failure, handle, handleBody, rejection, run, textMessage } from "../src/testing/index.ts";

const TYPE = "im.message.receive_v1";

/** The number of the line of this file that has a text. */
function lineOf(text: string): number {
  return readFileSync("tests/testing.test.ts", "utf8").split("\n").findIndex((line) => line.includes(text)) + 1;
}

const failing = definePlugin({
  events: {
    [TYPE](event) {
      lark.replyText("om_1", "hello");
      return (event.payload as any).nothing.at(0); // the place of the failure
    },
  },
  tasks: {
    remember: () => {
      kv.set("a", "b"); // the place in the plugin
    },
  },
});

test("a failure ends a test that does not expect it, and is told with the place in the plugin", async () => {
  const host = new FakeHost();
  const place = `tests/testing.test.ts:${lineOf("// the place of the failure")}`;
  const told = ({ message, cause }: Error) =>
    message.startsWith("the plugin failed: TypeError: ") && message.includes(` at ${place}\n`) && cause instanceof TypeError;
  await assert.rejects(handle(failing, TYPE, {}), told);
  await assert.rejects(handleBody(failing, { header: { event_type: TYPE }, event: {} }), told);
  // What it has done before is there, and does not make a test pass.
  assert.equal(host.calls.length, 2);
  const { failure: expected } = await handle(failing, TYPE, {}, { fails: true });
  assert.deepEqual(expected?.retry, { afterMs: null });

  host.kvIsDown = true;
  const caller = `tests/testing.test.ts:${lineOf("// the place in the plugin")}`;
  await assert.rejects(run(failing, "remember"), ({ message }: Error) => message.includes(`took it away at ${caller}\n`));
  host.kvIsDown = false;
  await assert.rejects(run(failing, "remember", {}, { fails: true }), /the plugin did not fail/);
});

test("what a failed call has no more of is not read as if it were empty", async () => {
  new FakeHost();
  const failed = await handle(failing, TYPE, {}, { fails: true });
  assert.throws(() => failed.reply, /there is no reply, because the plugin failed: TypeError/);
});

test("a promise that nobody awaits and that fails ends the test, and is in the log as in the sandbox", async () => {
  const later = async (): Promise<void> => {
    await null;
    throw new TypeError("lost"); // where the promise fails
  };
  const forgetful = definePlugin({
    events: {
      [TYPE]: async () => {
        later();
        return done;
      },
      "url.preview.get": () => {
        later().then(() => {});
        return pass;
      },
      "card.action.trigger": async () => {
        const answer = later();
        await null;
        await answer.catch(() => {});
        return done;
      },
    },
  });
  const place = `tests/testing.test.ts:${lineOf("// where the promise fails")}`;
  for (const type of [TYPE, "url.preview.get"]) {
    for (const fails of [false, true]) {
      const host = new FakeHost();
      await assert.rejects(
        handle(forgetful, type, {}, { fails }),
        ({ message }: Error) => message.startsWith(`a promise that nobody awaits has failed: TypeError: lost at ${place}\n`),
      );
      assert.deepEqual(host.logged[0], { level: "error", message: "a promise that nobody awaits has failed: TypeError: lost" });
      assert.ok(host.logged.length > 1);
    }
  }
  assert.equal((await handle(forgetful, "card.action.trigger", {})).reply, "none");
});

test("an option that is not there is told with the nearest that is", async () => {
  const host = new FakeHost();
  const plugin = definePlugin({ events: { "*": () => done } });
  const entry = "GET https://api.example.com/**";
  const lark = "GET /open-apis/**";
  for (const [wrong, told] of [
    [() => new FakeHost({ confg: {} } as never), 'FakeHost has no option confg; the nearest is "config"'],
    [() => new FakeHost({ now_ms: 1 } as never), 'FakeHost has no option now_ms; the nearest is "nowMs"'],
    [() => new FakeHost({ store: {} } as never), "FakeHost has no option store; it may have config, kv, nowMs"],
    [() => new FakeHost({ config: "days = 7" } as never), "config must be an object"],
    [() => host.answerHttp(entry, { stauts: 503 } as never), 'an answer of answerHttp has no member stauts; the nearest is "status"'],
    [() => host.answerHttp(entry, { ok: true } as never), "it may have status, headers, body, events"],
    [() => host.answerHttp(entry, "busy" as never), 'an answer of answerHttp must be an object, and is "busy"'],
    [() => host.answerHttp(entry, { status: "503" } as never), 'the status of an answer must be a number, and is "503"'],
    [() => host.answerHttp(entry, { events: [], body: 1 }), "has a body, or a list of events"],
    [() => host.answerHttp(entry), "answerHttp has no answer"],
    [() => host.answerHttp("GTE https://api.example.com/", {}), 'the nearest is "GET"'],
    [() => host.answerHttp("GET https://api.example.com/?a=1", {}), "a place without a query"],
    [() => host.answerHttp("GET api.example.com", {}), "begins with http:// or https://"],
    [() => host.answerHttp(entry, failure("retry", "busy")), 'an error of answerHttp must be one of "not-granted"'],
    [() => host.answerHttp(entry, new Error("busy")), "is made with failure()"],
    [() => host.answerLark(lark, { cod: 0, data: {} }), "is the whole body, { code: 0, data: … }, and this one has cod, data"],
    [() => host.answerLark(lark, { status: 500 }), 'a Lark that is not available is failure("retry", "…")'],
    [() => host.answerLark(lark, { code: "0" }), 'the code of an answer must be a number, and is "0"'],
    [() => host.answerLark(lark, failure("unreachable")), "an error of answerLark must be one of"],
    [() => host.answerLark("GET https://open.feishu.cn/open-apis/**", { code: 0 }), "the place of answerLark begins with /"],
    [() => host.failMedia(failure("unavailable")), "an error of failMedia must be one of"],
    [() => host.failKv(rejection(1)), 'an error of failKv must be one of "over-limit", "unavailable", and is "rejected"'],
    [() => failure("unavailble"), 'and is "unavailble"; the nearest is "unavailable"'],
    [() => failure("failed", "", 500), 'a failure "failed" has no delay'],
    [() => textMessage("hi", "ou_anna", { mentionBot: true } as never), 'has no option mentionBot; the nearest is "mentionsBot"'],
    [() => toWrong(), 'a receiver has no id of the kind chatID; the nearest is "chatId"'],
  ] as [() => unknown, string][]) {
    assert.throws(wrong, ({ name, message }: Error) => name === "TypeError" && message.includes(told), told);
  }
  // A setting of a host that is misspelt.
  assert.throws(() => Object.assign(host, { kvIsdown: true }), /kvIsdown/);
  for (const [wrong, told] of [
    [() => handle(plugin, TYPE, {}, { app_id: "cli_2" } as never), /handle has no option app_id; the nearest is "appId"/],
    [() => handle(plugin, TYPE, {}, { kind: "calback" } as never), /the nearest is "callback"/],
    [() => handleBody(plugin, { header: {} }, { fail: true } as never), /handleBody has no option fail; the nearest is "fails"/],
    [() => run(plugin, "t", {}, { attemps: 2 } as never), /run has no option attemps; the nearest is "attempt"/],
  ] as [() => Promise<unknown>, RegExp][]) {
    await assert.rejects(wrong, told);
  }
  // What is right is taken.
  host.answerLark(lark, { code: 0, bot: {} }, { access_token: "t" }, {}, failure("retry", "busy", 500)).answerLark("* **", { code: 1 });
  host.answerHttp("* **", {}, { status: 500, headers: {}, body: null }, { events: [1] }, failure("interrupted"));
});

const toWrong = () => lark.sendText({ chatID: "oc_1" } as never, "hi");

/** Of each error, whether a retry may help: the same in each language. */
const AGAIN: Record<string, Record<string, boolean>> = {
  KV: { "over-limit": false, unavailable: true },
  HTTP: { "not-granted": false, refused: false, "over-limit": false, unreachable: true, interrupted: true, failed: false },
  LARK: { "not-granted": false, "authorization-required": false, refused: false, retry: true, failed: false },
  MEDIA: { "not-granted": true, refused: false, "over-limit": false, retry: true, failed: true },
  OAUTH: {
    "not-granted": false,
    "bad-ticket": false,
    "code-refused": false,
    "wrong-user": false,
    "not-allowed": false,
    retry: true,
    failed: false,
  },
};

test("each error of the host says whether a retry may help", () => {
  for (const [name, of] of Object.entries(cases)) {
    assert.deepEqual(Object.fromEntries(Object.entries(of).map(([tag, { again }]) => [tag, again])), AGAIN[name], name);
  }
  const retried = (work: () => unknown): boolean => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof HostError, String(error));
      return error.retry !== null;
    }
    throw new Error("it did not fail");
  };
  for (const [tag, again] of Object.entries(AGAIN["KV"]!)) {
    const host = new FakeHost();
    const writes = [() => kv.set("a", 1), () => kv.compareAndSet("a", 1, 1), () => kv.remove("a")];
    for (const call of [...writes, () => kv.get("a"), () => kv.keys()]) {
      host.failKv(failure(tag, "why"));
      assert.equal(retried(call), again, tag);
    }
  }
  for (const [tag, again] of Object.entries(AGAIN["HTTP"]!)) {
    new FakeHost().answerHttp("* **", failure(tag, "why"));
    assert.equal(retried(() => http.request("https://api.example.com/")), again, tag);
  }
  for (const [tag, again] of Object.entries(AGAIN["LARK"]!)) {
    new FakeHost().answerLark("* **", failure(tag, "why"));
    assert.equal(retried(() => lark.replyText("om_1", "hi")), again, tag);
  }
  for (const [tag, again] of Object.entries({ ...AGAIN["MEDIA"], rejected: false })) {
    new FakeHost().failMedia(tag === "rejected" ? rejection(1) : failure(tag, "why"));
    assert.equal(retried(() => media.uploadImage(new Uint8Array(1))), again, tag);
  }
  for (const [tag, again] of Object.entries(AGAIN["OAUTH"]!)) {
    const host = new FakeHost();
    host.border.oauth.status = () => {
      throw failure(tag, "why");
    };
    assert.equal(retried(() => oauth.status("ou_anna")), again, tag);
  }
});

test("a service that the test does not play answers as one that is not there", () => {
  new FakeHost();
  const said = "no answer for `GET https://a.example.com/x` in this test; give one with answerHttp";
  const response = http.request("https://a.example.com/x?y=1");
  assert.equal(response.header("content-type"), "text/plain");
  assert.throws(() => response.success(), new RegExp(`status 404: ${said.replace(/[.]/g, "\\.")}`));
});

test("each answer of a service and of Lark says whether a retry may help", () => {
  for (const [status, again] of [[400, false], [404, false], [408, true], [425, true], [429, true], [500, true], [503, true]] as const) {
    new FakeHost().answerHttp("* **", { status });
    assert.throws(() => http.request("https://api.example.com/").success(), { retry: again ? { afterMs: null } : null }, String(status));
  }
  new FakeHost().answerHttp("* **", { body: "no JSON" });
  assert.throws(() => http.request("https://api.example.com/").json(), { code: "unreadable", retry: null });
  for (const [code, again] of [[99_991_400, true], [230_020, true], [230_002, false]] as const) {
    new FakeHost().answerLark("* **", { code, msg: "" });
    assert.throws(() => lark.replyText("om_1", "hi"), { code: "code", retry: again ? { afterMs: null } : null }, String(code));
  }
  new FakeHost();
  assert.throws(() => kv.set("a", undefined), (error) => error instanceof Failure && error.retry === null);
});

test("what crosses the border as another type would end the call in the sandbox, and fails with its name here too", () => {
  const host = new FakeHost({ config: { greeting: "hi" } });
  const wrong: [RegExp, (any: any) => unknown][] = [
    [/^a key must be a string, and is /, (any) => kv.get(any)],
    [/^a key must be a string, and is /, (any) => kv.set(any, 1)],
    [/^a key must be a string, and is /, (any) => kv.remove(any)],
    [/^a prefix must be a string, and is /, (any) => kv.keys(any)],
    [/^ttlMs must be a whole number of milliseconds, and is /, (any) => kv.set("a", 1, { ttlMs: any })],
    [/^setBytes writes a Uint8Array/, (any) => kv.setBytes("a", any)],
    [/^a key must be a string, and is /, (any) => config.get(any)],
    [/^the name of a metric must be a string, and is /, (any) => metrics.add(any)],
    [/^a counter grows by a whole number/, (any) => metrics.add("a", {}, any)],
    [/^url must be a string, and is /, (any) => http.request(any)],
    [/^body must be a string or a Uint8Array/, (any) => http.request("https://api.example.com", { body: any })],
    [/^the chatId of a receiver must be a string, and is /, (any) => lark.sendText({ chatId: any }, "hi")],
    [/^the text of a message must be a string, and is /, (any) => lark.sendText({ chatId: "oc_1" }, any)],
    [/^the id of a message must be a string, and is /, (any) => lark.replyText(any, "hi")],
  ];
  for (const [told, call] of wrong) {
    for (const value of [{ a: 1 }, -1.5]) {
      assert.throws(() => call(value), (error: Error) => error instanceof TypeError && told.test(error.message), String(told));
    }
  }
  assert.throws(() => lark.sendText({ chatId: "" }, "hi"), /^TypeError: the chatId of a receiver is empty$/);
  assert.throws(() => lark.sendText({ chatId: undefined as any }, "hi"), TypeError);
  assert.equal(host.calls.length + host.requests.length, 0);

  // What has a natural text gets it.
  for (const value of [7, { a: 1 }, undefined, "text"]) {
    log.info(value);
  }
  assert.deepEqual(host.logged.map((line) => line.message), ["7", "{a: 1}", "undefined", "text"]);
  metrics.add("answers", { status: 404 });
  assert.equal(host.counted.get('answers{status="404"}'), 1);
});

test("a value that is not JSON is not read again and again", () => {
  new FakeHost();
  kv.setBytes("a", new Uint8Array([0x7b]));
  assert.throws(() => kv.get("a"), (error) => error instanceof HostError && error.retry === null && /under "a" is not JSON/.test(error.message));
});

test("a card that is kept has an id without being asked for one", () => {
  new FakeHost();
  const made = lark.call<{ card_id: string }>("POST", "/open-apis/cardkit/v1/cards", { body: { type: "card_json", data: "{}" } });
  assert.equal(made.data.card_id, "card_1");
});
