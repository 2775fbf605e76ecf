/** The globals that the SDK brings along do what those of a browser do. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Headers } from "../src/globals/fetch.ts";
import { dropJobs, installPromise, settled } from "../src/globals/promise.ts";
import { definePlugin, done, pass } from "../src/index.ts";
import { handlerOf } from "../src/sandbox.ts";
import { FakeHost } from "../src/testing/index.ts";
import { TextDecoder as Decoder, structuredClone as clone } from "../src/globals/text.ts";
import { URL as Address, URLSearchParams as Query } from "../src/globals/url.ts";
import { fromUtf8, toUtf8 } from "../src/globals/utf8.ts";

const native = (name: string) => Reflect.get(globalThis, name);

test("UTF-8 is written and read as Node does it", () => {
  for (const text of ["", "a", "Straße", "你好，世界", "👍🏽", "\ud800x", "\ufeffa", "\u0000\u07ff\u0800\uffff\u{10ffff}"]) {
    assert.deepEqual([...toUtf8(text)], [...new (native("TextEncoder"))().encode(text)], JSON.stringify(text));
    assert.equal(fromUtf8(toUtf8(text)), new (native("TextDecoder"))().decode(toUtf8(text)));
  }
  for (const bytes of [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x91], [0xf4, 0x90, 0x80, 0x80], [0xe4, 0xbd, 0x41]]) {
    const whole = Uint8Array.from(bytes);
    assert.equal(fromUtf8(whole), new (native("TextDecoder"))().decode(whole), String(bytes));
  }
});

test("a text that is cut anywhere is the same text", () => {
  const bytes = toUtf8("a你👍b");
  for (let at = 0; at <= bytes.length; at += 1) {
    const decoder = new Decoder();
    const first = decoder.decode(bytes.slice(0, at), { stream: true });
    assert.equal(first + decoder.decode(bytes.slice(at)), "a你👍b");
  }
});

test("URLs are read as Node reads them", () => {
  const bases: [string, string?][] = [
    ["https://Example.com"],
    ["http://example.com:80/a/./b/../c?x=1&y=%20#top"],
    ["https://example.com:8443/汉字?名=值"],
    ["/tickets/42", "https://example.com/a/b?c"],
    ["../x", "https://example.com/a/b/c"],
    ["?q=1", "https://example.com/a/b?c"],
    ["#f", "https://example.com/a?b"],
    ["//other.example.com/a", "https://example.com"],
  ];
  for (const [text, base] of bases) {
    const [ours, theirs] = [new Address(text, base), new (native("URL"))(text, base)];
    for (const part of ["href", "origin", "protocol", "host", "pathname", "search", "hash"] as const) {
      assert.equal(ours[part], theirs[part], `${part} of ${text}`);
    }
  }
  assert.equal(Address.canParse("example.com/a"), false);
  const url = new Address("https://example.com/?a=1");
  url.searchParams.set("b", "c d&");
  assert.equal(url.href, "https://example.com/?a=1&b=c+d%26");
  assert.equal(new Query({ a: "~!'()*" }).toString(), new (native("URLSearchParams"))({ a: "~!'()*" }).toString());
});

test("a clone shares nothing", () => {
  const value: any = { list: [1, { a: new Date(0) }], map: new Map([["k", new Set([1])]]) };
  value.self = value;
  const copy = clone(value);
  assert.equal(copy.self, copy);
  copy.list[1].a.setTime(1);
  copy.map.get("k").add(2);
  assert.equal(value.list[1].a.getTime(), 0);
  assert.equal(value.map.get("k").size, 1);
  assert.throws(() => clone(() => 1), /cannot be cloned/);
});

test("headers have one name in any case", () => {
  const headers = new Headers({ "Content-Type": "text/plain" });
  headers.append("content-type", "charset=utf-8");
  assert.equal(headers.get("CONTENT-TYPE"), "text/plain, charset=utf-8");
  assert.deepEqual([...headers.keys()], ["content-type"]);
});

test("promises settle before a call returns, in the order of the standard", async () => {
  const theirs = Promise;
  const scenario = async (P: PromiseConstructor): Promise<string[]> => {
    const order: string[] = [];
    const say = (word: string) => () => void order.push(word);
    P.resolve().then(say("1")).then(say("3"));
    P.resolve().then(say("2"));
    const all = P.all([1, P.resolve(2), { then: (done: (value: number) => void) => done(3) }]).then((values) => order.push(`all ${values}`));
    const settled = P.allSettled([P.reject(new Error("x")), 1]).then(([first]) => order.push(first!.status));
    const any = P.any([P.reject(1), P.resolve("any")]).then((value) => order.push(value as string));
    const none = P.any([P.reject(1)]).catch((error: AggregateError) => order.push(`none ${error.errors}`));
    const last = P.reject(new Error("y")).finally(say("finally")).catch((error: Error) => order.push(error.message));
    const race = P.race([new P(() => {}), P.resolve("race")]).then((value) => order.push(value as string));
    await P.all([all, settled, any, none, last, race]);
    return order;
  };
  const expected = await scenario(theirs);
  installPromise();
  const ours = Promise;
  globalThis.Promise = theirs;
  // A native `await` on ours needs our jobs to run, so the last wait is a plain one.
  const done: string[] = [];
  scenarioSync(ours, done);
  assert.deepEqual(done.sort(), expected.sort());
});

function scenarioSync(P: PromiseConstructor, order: string[]): void {
  dropJobs();
  const say = (word: string) => () => void order.push(word);
  P.resolve().then(say("1")).then(say("3"));
  P.resolve().then(say("2"));
  settled(
    P.all([
      P.all([1, P.resolve(2), { then: (done: (value: number) => void) => done(3) }]).then((values) => order.push(`all ${values}`)),
      P.allSettled([P.reject(new Error("x")), 1]).then(([first]) => order.push(first!.status)),
      P.any([P.reject(1), P.resolve("any")]).then((value) => order.push(value as string)),
      P.any([P.reject(1)]).catch((error: AggregateError) => order.push(`none ${error.errors}`)),
      P.reject(new Error("y")).finally(say("finally")).catch((error: Error) => order.push(error.message)),
      P.race([new P(() => {}), P.resolve("race")]).then((value) => order.push(value as string)),
    ]),
  );
  assert.throws(() => settled(new P(() => {})), { tag: "permanent", val: /^the handler waits for a promise that nothing will settle/ });
}

/** The promises of the sandbox, and its queue, which are taken away again. */
function inSandbox(work: (P: PromiseConstructor, queue: (job: () => void) => void) => void): void {
  const theirs = [globalThis.Promise, queueMicrotask] as const;
  installPromise();
  const ours = [globalThis.Promise, queueMicrotask] as const;
  [globalThis.Promise] = theirs;
  Reflect.set(globalThis, "queueMicrotask", theirs[1]);
  dropJobs();
  work(...ours);
}

const MADE = { name: "lost", version: "1" };

const event = (eventType: string) => ({
  id: "e1",
  eventType,
  kind: "event" as const,
  schema: "2.0",
  appId: "cli_1",
  tenantKey: "",
  createTimeMs: 0,
  payload: "{}",
  attempt: 1,
  budgetMs: 1000,
  attributes: [],
});

test("a promise that nobody awaits and that fails is told in the log of its call", () => {
  inSandbox((P, queue) => {
    const host = new FakeHost();
    const lost = (message: string) => P.resolve().then(() => P.reject(new TypeError(message)));
    const handler = handlerOf(
      definePlugin({
        events: {
          sync: () => {
            lost("one");
            queue(() => {
              throw new TypeError("two");
            });
            return pass;
          },
          async: () => {
            lost("three").finally(() => {});
            return P.resolve(done);
          },
          many: () => {
            Array.from({ length: 13 }, () => P.reject("text"));
            return done;
          },
          failing: () => {
            lost("four");
            throw new TypeError("five");
          },
          // All of them have somebody who waits, although not at once.
          heard: () => {
            const late = lost("late");
            P.any([]).catch(() => {});
            P.any({ [Symbol.iterator]: () => null } as never).catch(() => {});
            return P.allSettled([lost("a"), P.race([lost("b"), lost("c")]), P.all([lost("d"), lost("e")])])
              .then(() => late.catch(() => {}))
              .then(() => done);
          },
        },
      }),
      MADE,
    );
    const told = (type: string): string[] => {
      host.logged.length = 0;
      try {
        handler.handle(event(type));
      } catch (error) {
        assert.equal((error as { tag: string }).tag, "retry");
      }
      assert.ok(host.logged.every(({ level, message }) => level === "error" && !message.includes("\n")));
      return host.logged.map(({ message }) => message);
    };
    const words = "a promise that nobody awaits has failed: ";
    const withoutStacks = (type: string): string[] => told(type).filter((line) => !line.startsWith("    at ") && !/^TypeError: \w+$/.test(line));
    assert.deepEqual(withoutStacks("sync").sort(), [`${words}TypeError: one`, `${words}TypeError: two`]);
    assert.ok(told("sync").some((line) => line.includes("globals.test")));
    assert.deepEqual(withoutStacks("async"), [`${words}TypeError: three`]);
    assert.deepEqual(told("many"), [...Array.from({ length: 10 }, () => `${words}text`), "… and 3 more promises that nobody awaits"]);
    assert.deepEqual(withoutStacks("failing"), [`${words}TypeError: four`]);
    assert.deepEqual(told("heard"), []);
  });
});

test("a promise outside of functions runs and fails while the plugin is built", () => {
  inSandbox((P) => {
    let isReady = false;
    P.resolve().then(() => {
      isReady = true;
    });
    const handler = handlerOf(definePlugin({ events: { "*": () => (isReady ? pass : done) } }), MADE);
    assert.equal(handler.handle(event("any")).reply.tag, "pass");
    P.resolve().then(() => {
      throw new TypeError("early");
    });
    assert.throws(() => handlerOf(definePlugin({}), MADE), { message: "early" });
  });
});
