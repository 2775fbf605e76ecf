/** `TextEncoder`, `TextDecoder` and `structuredClone`. */

import { Utf8Reader, toUtf8 } from "./utf8.ts";

export class TextEncoder {
  readonly encoding = "utf-8";

  encode(text = ""): Uint8Array {
    return toUtf8(text);
  }
}

/** Reads UTF-8; the engine knows no other encoding. */
export class TextDecoder {
  readonly encoding = "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #reader: Utf8Reader | undefined;

  constructor(encoding = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!/^(utf-?8|unicode-1-1-utf-8)$/i.test(encoding.trim())) {
      throw new RangeError(`the encoding ${encoding} is not known here, only utf-8 is`);
    }
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  decode(bytes: ArrayBuffer | ArrayBufferView = new Uint8Array(0), options: { stream?: boolean } = {}): string {
    const view =
      bytes instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reader = this.#reader ?? new Utf8Reader(this.fatal, this.ignoreBOM);
    this.#reader = options.stream ? reader : undefined;
    return reader.read(view, !options.stream);
  }
}

/** A deep copy of plain values, arrays, maps, sets, dates and bytes. */
export function structuredClone<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, seen: Map<unknown, unknown>): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`a ${typeof value} cannot be cloned`);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const known = seen.get(value);
  if (known !== undefined) {
    return known;
  }
  const put = <T>(made: T): T => {
    seen.set(value, made);
    return made;
  };
  if (value instanceof Date) {
    return put(new Date(value));
  }
  if (value instanceof RegExp) {
    return put(new RegExp(value.source, value.flags));
  }
  if (value instanceof ArrayBuffer) {
    return put(value.slice(0));
  }
  if (ArrayBuffer.isView(value)) {
    const Kind = value.constructor as new (from: unknown) => object;
    return put(value instanceof DataView ? new DataView(value.buffer.slice(0)) : new Kind(value));
  }
  if (value instanceof Map) {
    const made = put(new Map());
    for (const [key, part] of value) {
      made.set(copy(key, seen), copy(part, seen));
    }
    return made;
  }
  if (value instanceof Set) {
    const made = put(new Set());
    for (const part of value) {
      made.add(copy(part, seen));
    }
    return made;
  }
  if (value instanceof Error) {
    return put(Object.assign(new Error(value.message), { name: value.name, stack: value.stack }));
  }
  const made = put((Array.isArray(value) ? [] : {}) as Record<string, unknown>);
  for (const [key, part] of Object.entries(value)) {
    made[key] = copy(part, seen);
  }
  return made;
}
