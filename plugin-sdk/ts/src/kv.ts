/** A durable key-value store private to this plugin; a write is on disk when the call returns. Values are JSON, or bytes. */

import border from "lark-callback:plugin/kv@0.1.0";

import { KV } from "./cases.ts";
import { is } from "./declared.ts";
import { Failure, HostError, ask } from "./failure.ts";
import { fromUtf8, toUtf8 } from "./globals/utf8.ts";

/** Conflicts after which `update` gives up; the call's time budget usually ends first. */
const UPDATE_TRIES_MAX = 1000;

/** Keys per page; also the host's own limit. */
const LIST_PAGE_KEYS = 1000;

/** A value and its version, which changes with every write of the key and is never 0. */
export interface Entry<T> {
  value: T;
  version: number;
}

export interface WriteOptions {
  /** The entry is gone after this time. */
  ttlMs?: number;
}

/** The bytes under a key; `undefined` when there is no entry, or when it has expired. */
export function getBytes(key: string): Entry<Uint8Array> | undefined {
  return ask(KV, () => border.get(checked(key))) ?? undefined;
}

/** Writes bytes unconditionally and returns the new version. */
export function setBytes(key: string, value: Uint8Array, options: WriteOptions = {}): number {
  if (!(value instanceof Uint8Array)) {
    throw new TypeError("setBytes writes a Uint8Array; set writes any value, as JSON");
  }
  return ask(KV, () => border.set(checked(key), value, ttl(options)));
}

/** The value under a key with its version, read as JSON. */
export function entry<T = unknown>(key: string): Entry<T> | undefined {
  const found = getBytes(key);
  return found && { value: parse<T>(key, found.value), version: found.version };
}

/** The value under a key, read as JSON. */
export function get<T = unknown>(key: string): T | undefined {
  return entry<T>(key)?.value;
}

/** Writes a value as JSON unconditionally and returns the new version. */
export function set(key: string, value: unknown, options: WriteOptions = {}): number {
  return setBytes(key, write(key, value), options);
}

/**
 * Writes a value as JSON only if the key still has this version (`undefined`: only if the key does not exist). Returns the
 * new version, or `undefined` when another write came first.
 */
export function compareAndSet(
  key: string,
  expected: number | undefined,
  value: unknown,
  options: WriteOptions = {},
): number | undefined {
  const bytes = write(key, value);
  return ask(KV, () => border.compareAndSet(checked(key), expected ?? null, bytes, ttl(options))) ?? undefined;
}

/**
 * Updates a value atomically: `change` gets the current value and returns the new one, and is called again when another
 * write came first. When it returns `undefined`, nothing is written.
 */
export function update<T>(
  key: string,
  change: (value: T | undefined) => T,
  options?: WriteOptions,
): T;
export function update<T>(
  key: string,
  change: (value: T | undefined) => T | undefined,
  options?: WriteOptions,
): T | undefined;
export function update<T>(
  key: string,
  change: (value: T | undefined) => T | undefined,
  options: WriteOptions = {},
): T | undefined {
  for (let tries = 0; tries < UPDATE_TRIES_MAX; tries += 1) {
    const found = entry<T>(key);
    const value = change(found?.value);
    if (value === undefined) {
      return undefined;
    }
    if (compareAndSet(key, found?.version, value, options) !== undefined) {
      return value;
    }
  }
  throw Failure.retry(`the value under ${JSON.stringify(key)} changed ${UPDATE_TRIES_MAX} times while it was being updated`);
}

/** Deletes a key and returns whether it existed. */
export function remove(key: string): boolean {
  return ask(KV, () => border.delete(checked(key)));
}

/** All keys that start with `prefix`, in byte order. */
export function keys(prefix = ""): string[] {
  is("a prefix", prefix, "string");
  const all: string[] = [];
  for (;;) {
    const page = ask(KV, () => border.listKeys(prefix, all.at(-1) ?? null, LIST_PAGE_KEYS));
    all.push(...page);
    if (page.length < LIST_PAGE_KEYS) {
      return all;
    }
  }
}

/** What crosses to the host as another type ends the call without a line. */
function checked(key: string): string {
  is("a key", key, "string");
  return key;
}

function ttl(options: WriteOptions): number | null {
  const { ttlMs } = options;
  if (ttlMs === undefined || ttlMs === null) {
    return null;
  }
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 0) {
    throw new TypeError(`ttlMs must be a whole number of milliseconds, and is ${JSON.stringify(ttlMs)}`);
  }
  return ttlMs;
}

function parse<T>(key: string, bytes: Uint8Array): T {
  try {
    return JSON.parse(fromUtf8(bytes)) as T;
  } catch (error) {
    // The next attempt would read the same.
    throw new HostError("unreadable", `the value under ${JSON.stringify(key)} is not JSON: ${(error as Error).message}`, null);
  }
}

function write(key: string, value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw Failure.permanent(`the value for ${JSON.stringify(key)} has no JSON form`);
  }
  return toUtf8(text);
}
