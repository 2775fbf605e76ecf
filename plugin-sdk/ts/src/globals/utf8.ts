/** UTF-8, which the engine does not bring along. */

/** The bytes of a text; half of a surrogate pair becomes U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    let point = text.charCodeAt(at);
    if (point >= 0xd800 && point < 0xe000) {
      const next = text.charCodeAt(at + 1);
      if (point < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        at += 1;
      } else {
        point = 0xfffd;
      }
    }
    if (point < 0x80) {
      bytes[length++] = point;
    } else if (point < 0x800) {
      bytes[length++] = 0xc0 | (point >> 6);
      bytes[length++] = 0x80 | (point & 63);
    } else if (point < 0x10000) {
      bytes[length++] = 0xe0 | (point >> 12);
      bytes[length++] = 0x80 | ((point >> 6) & 63);
      bytes[length++] = 0x80 | (point & 63);
    } else {
      bytes[length++] = 0xf0 | (point >> 18);
      bytes[length++] = 0x80 | ((point >> 12) & 63);
      bytes[length++] = 0x80 | ((point >> 6) & 63);
      bytes[length++] = 0x80 | (point & 63);
    }
  }
  return bytes.slice(0, length);
}

/** Reads UTF-8 in parts: what is not whole yet waits for the next part. */
export class Utf8Reader {
  #rest = new Uint8Array(0);
  #begun = false;

  constructor(
    private readonly fatal = false,
    private readonly keepsBom = false,
  ) {}

  read(part: Uint8Array, isLast: boolean): string {
    let bytes = part;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + part.length);
      bytes.set(this.#rest);
      bytes.set(part, this.#rest.length);
    }
    const [text, used] = decode(bytes, isLast, this.fatal);
    this.#rest = bytes.slice(used);
    if (this.#begun || text === "") {
      return text;
    }
    this.#begun = true;
    return !this.keepsBom && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}

/** The text of bytes; what is not UTF-8 becomes U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  return new Utf8Reader().read(bytes, true);
}

/** As the Encoding Standard decodes: one U+FFFD for each longest beginning of a sequence that is not one. */
function decode(bytes: Uint8Array, isLast: boolean, isFatal: boolean): [string, number] {
  const parts: string[] = [];
  let units: number[] = [];
  let at = 0;
  const wrong = (): void => {
    if (isFatal) {
      throw new TypeError("the bytes are not UTF-8");
    }
    units.push(0xfffd);
  };
  while (at < bytes.length) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      units.push(first);
      at += 1;
    } else {
      const needed = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
      let point = first & (0x3f >> needed);
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      let taken = 0;
      while (taken < needed && at + 1 + taken < bytes.length) {
        const next = bytes[at + 1 + taken] as number;
        if (next < low || next > high) {
          break;
        }
        point = (point << 6) | (next & 0x3f);
        [low, high] = [0x80, 0xbf];
        taken += 1;
      }
      if (needed > 0 && taken < needed && at + 1 + taken === bytes.length && !isLast) {
        break;
      }
      at += 1 + taken;
      if (needed === 0 || taken < needed) {
        wrong();
      } else if (point >= 0x10000) {
        units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
      } else {
        units.push(point);
      }
    }
    if (units.length > 4096) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return [parts.join(""), at];
}
