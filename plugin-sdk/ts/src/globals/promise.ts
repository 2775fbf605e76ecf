/**
 * Promises whose jobs run before a call returns. The engine never runs those of its own promises, because the functions of a
 * component are not asynchronous; so the build turns `async` into generators, and this takes the place of `Promise`.
 */

import { Failure, toBorder } from "../failure.ts";

type Job = () => void;

const jobs: Job[] = [];

/** Promises that were rejected, and whose error nobody has asked for so far, with that error. */
const unheard = new Map<object, unknown>();

/** Runs what waits, until nothing does. */
export function runJobs(): void {
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    job();
  }
}

/** Drops what an earlier call has left. */
export function dropJobs(): void {
  jobs.length = 0;
  unheard.clear();
}

/** The errors of promises that nobody awaits, once nothing is left to be done. The engine tells of none, so these promises do. */
export function takeUnheard(): unknown[] {
  const errors = [...unheard.values()];
  unheard.clear();
  return errors;
}

/** The value of a promise of a handler, once nothing is left to be done. */
export function settled<T>(promise: PromiseLike<T>): T {
  let result: { value: T } | { error: unknown } | undefined;
  promise.then(
    (value) => {
      result = { value };
    },
    (error: unknown) => {
      result = { error };
    },
  );
  runJobs();
  if (result === undefined) {
    // As it crosses the border, like what the promise of a handler is rejected with. A retry would wait just as long.
    throw toBorder(
      Failure.permanent("the handler waits for a promise that nothing will settle: there are no timers and no other threads"),
    );
  }
  if ("error" in result) {
    throw result.error;
  }
  return result.value;
}

/** Puts these promises in the place of the engine's. */
export function installPromise(): void {
  Object.defineProperty(CallPromise, "name", { value: "Promise" });
  globalThis.Promise = CallPromise as unknown as PromiseConstructor;
  // As a promise, so that an error does not end the others.
  Reflect.set(globalThis, "queueMicrotask", (job: Job): void => void CallPromise.resolve().then(() => job()));
}

type Settle = (value: unknown) => void;
type Work = (resolve: Settle, reject: Settle) => void;
type Reaction = ((value: unknown) => unknown) | null | undefined;

class CallPromise {
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #value: unknown;
  #waiting: Job[] = [];
  #isHeard = false;

  constructor(work: Work) {
    if (typeof work !== "function") {
      throw new TypeError("a promise is made with a function");
    }
    const [resolve, reject] = this.#settlers();
    try {
      work(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  get [Symbol.toStringTag](): string {
    return "Promise";
  }

  /** Two functions, of which the first call counts. */
  #settlers(): [Settle, Settle] {
    let isDone = false;
    const once =
      (settle: Settle): Settle =>
      (value) => {
        if (!isDone) {
          isDone = true;
          settle(value);
        }
      };
    return [once((value) => this.#resolve(value)), once((error) => this.#settle("rejected", error))];
  }

  #resolve(value: unknown): void {
    if (value === this) {
      this.#settle("rejected", new TypeError("a promise cannot wait for itself"));
      return;
    }
    if ((typeof value === "object" && value !== null) || typeof value === "function") {
      const [resolve, reject] = this.#settlers();
      try {
        const then = (value as PromiseLike<unknown>).then as unknown;
        if (typeof then === "function") {
          jobs.push(() => {
            try {
              then.call(value, resolve, reject);
            } catch (error) {
              reject(error);
            }
          });
          return;
        }
      } catch (error) {
        reject(error);
        return;
      }
    }
    this.#settle("fulfilled", value);
  }

  #settle(state: "fulfilled" | "rejected", value: unknown): void {
    [this.#state, this.#value] = [state, value];
    if (state === "rejected" && !this.#isHeard) {
      unheard.set(this, value);
    }
    jobs.push(...this.#waiting);
    this.#waiting = [];
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then(fulfilled?: Reaction, rejected?: Reaction): CallPromise {
    // Whoever gets the promise that is made here gets the error with it.
    this.#isHeard = true;
    unheard.delete(this);
    return new CallPromise((resolve, reject) => {
      const job = (): void => {
        const reaction = this.#state === "fulfilled" ? fulfilled : rejected;
        if (typeof reaction !== "function") {
          (this.#state === "fulfilled" ? resolve : reject)(this.#value);
          return;
        }
        try {
          resolve(reaction(this.#value));
        } catch (error) {
          reject(error);
        }
      };
      if (this.#state === "pending") {
        this.#waiting.push(job);
      } else {
        jobs.push(job);
      }
    });
  }

  catch(rejected?: Reaction): CallPromise {
    return this.then(undefined, rejected);
  }

  finally(last?: (() => unknown) | null): CallPromise {
    if (typeof last !== "function") {
      return this.then();
    }
    return this.then(
      (value) => CallPromise.resolve(last()).then(() => value),
      (error) =>
        CallPromise.resolve(last()).then(() => {
          throw error;
        }),
    );
  }

  static resolve(value?: unknown): CallPromise {
    return value instanceof CallPromise ? value : new CallPromise((resolve) => resolve(value));
  }

  static reject(error?: unknown): CallPromise {
    return new CallPromise((_, reject) => reject(error));
  }

  static try(work: (...given: unknown[]) => unknown, ...given: unknown[]): CallPromise {
    return new CallPromise((resolve) => resolve(work(...given)));
  }

  static withResolvers(): { promise: CallPromise; resolve: Settle; reject: Settle } {
    const settlers: Settle[] = [];
    const promise = new CallPromise((...both) => {
      settlers.push(...both);
    });
    const [resolve, reject] = settlers as [Settle, Settle];
    return { promise, resolve, reject };
  }

  static all(values: Iterable<unknown>): CallPromise {
    return gather(values, (promise, put, reject) => promise.then(put, reject));
  }

  static allSettled(values: Iterable<unknown>): CallPromise {
    return gather(values, (promise, put) =>
      promise.then(
        (value) => put({ status: "fulfilled", value }),
        (reason) => put({ status: "rejected", reason }),
      ),
    );
  }

  static race(values: Iterable<unknown>): CallPromise {
    return new CallPromise((resolve, reject) => {
      for (const value of values) {
        CallPromise.resolve(value).then(resolve, reject);
      }
    });
  }

  static any(values: Iterable<unknown>): CallPromise {
    return new CallPromise((resolve, reject) => {
      const errors = gather(values, (promise, put) => promise.then(resolve, put));
      errors.then((all) => reject(new AggregateError(all as unknown[], "every promise was rejected")), reject);
    });
  }
}

/** Waits until each of the values has put something in its place. */
function gather(
  values: Iterable<unknown>,
  wait: (promise: CallPromise, put: Settle, reject: Settle) => void,
): CallPromise {
  return new CallPromise((resolve, reject) => {
    const results: unknown[] = [];
    let missing = 1;
    const one = (): void => {
      missing -= 1;
      if (missing === 0) {
        resolve(results);
      }
    };
    let at = 0;
    for (const value of values) {
      const place = at;
      [at, missing] = [at + 1, missing + 1];
      wait(
        CallPromise.resolve(value),
        (result) => {
          results[place] = result;
          one();
        },
        reject,
      );
    }
    one();
  });
}
