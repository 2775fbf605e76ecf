/** Random numbers. The memory of the engine is a snapshot of the build, so its own generator would say the same in every call. */

import border from "wasi:random/random@0.2.0";

/** Bytes that the host is asked for at once. */
const ASKED_BYTES_MAX = 4096;

let state: [bigint, bigint] | undefined;

/** Has `Math.random` begin anew; called at the beginning of each call. */
export function forgetRandom(): void {
  state = undefined;
}

/** Replaces `Math.random` by xorshift128+, with a seed of the host's for each call. */
export function installRandom(): void {
  Math.random = (): number => {
    if (state === undefined) {
      const seed = new DataView(Uint8Array.from(border.getRandomBytes(16)).buffer);
      state = [seed.getBigUint64(0) | 1n, seed.getBigUint64(8)];
    }
    let [a, b] = state;
    a ^= (a << 23n) & 0xffff_ffff_ffff_ffffn;
    a ^= (a >> 17n) ^ b ^ (b >> 26n);
    state = [b, a];
    return Number(((a + b) & 0xffff_ffff_ffff_ffffn) >> 11n) / 2 ** 53;
  };
}

/** The part of `crypto` that needs nothing but random bytes. */
export const crypto = {
  /** Fills an array of integers with secure random bytes, at most 65 536. */
  getRandomValues<T extends ArrayBufferView>(array: T): T {
    if (array.byteLength > 65_536) {
      throw new RangeError("at most 65536 random bytes at once");
    }
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += ASKED_BYTES_MAX) {
      bytes.set(border.getRandomBytes(Math.min(ASKED_BYTES_MAX, bytes.length - at)), at);
    }
    return array;
  },

  /** A random UUID of version 4. */
  randomUUID(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },
};
