/** `URL` for http and https, and `URLSearchParams`. */

/** The query of a URL, as pairs. */
export class URLSearchParams {
  #pairs: [string, string][] = [];
  #changed: () => void;

  constructor(
    from: string | URLSearchParams | Record<string, string> | Iterable<readonly [string, string]> = "",
    changed: () => void = () => {},
  ) {
    this.#changed = changed;
    if (typeof from === "string") {
      for (const pair of from.replace(/^\?/, "").split("&")) {
        if (pair !== "") {
          const [name = "", ...value] = pair.split("=");
          this.#pairs.push([decode(name), decode(value.join("="))]);
        }
      }
      return;
    }
    for (const [name, value] of Symbol.iterator in from ? from : Object.entries(from)) {
      this.#pairs.push([String(name), String(value)]);
    }
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#pairs.push([name, String(value)]);
    this.#changed();
  }

  delete(name: string): void {
    this.#pairs = this.#pairs.filter(([found]) => found !== name);
    this.#changed();
  }

  get(name: string): string | null {
    return this.#pairs.find(([found]) => found === name)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.filter(([found]) => found === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#pairs.some(([found]) => found === name);
  }

  set(name: string, value: string): void {
    const at = this.#pairs.findIndex(([found]) => found === name);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    const first = this.#pairs[at];
    this.#pairs[at] = [name, String(value)];
    this.#pairs = this.#pairs.filter((pair, place) => place <= at || pair[0] !== name || pair === first);
    this.#changed();
  }

  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed();
  }

  forEach(work: (value: string, name: string, all: URLSearchParams) => void): void {
    for (const [name, value] of this.#pairs) {
      work(value, name, this);
    }
  }

  *entries(): Generator<[string, string], void> {
    yield* this.#pairs;
  }

  *keys(): Generator<string, void> {
    for (const [name] of this.#pairs) {
      yield name;
    }
  }

  *values(): Generator<string, void> {
    for (const [, value] of this.#pairs) {
      yield value;
    }
  }

  [Symbol.iterator](): Generator<[string, string], void> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&");
  }
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // A percent sign that begins nothing.
    return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return "\ufffd";
      }
    });
  }
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

const SHAPE =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?(\[[0-9a-f:.]+\]|[^/?#:\s@[\]]+)(?::(\d*))?([^?#]*)(\?[^#]*)?(#.*)?$/i;
const PORTS: Record<string, string> = { "http:": "80", "https:": "443" };

/** A URL with an authority; hosts in other scripts are not translated. */
export class URL {
  protocol: string;
  username: string;
  password: string;
  hostname: string;
  port: string;
  pathname: string;
  hash: string;
  searchParams: URLSearchParams;
  #search: string;

  constructor(text: string | URL, base?: string | URL) {
    const given = String(text).trim();
    const whole = /^[a-z][a-z0-9+.-]*:/i.test(given) || base === undefined ? given : resolve(given, new URL(base));
    const parts = SHAPE.exec(whole);
    if (parts === null) {
      throw new TypeError(`Invalid URL: ${JSON.stringify(given)}`);
    }
    const [, protocol = "", username = "", password = "", host = "", port = "", path = "", query = "", hash = ""] = parts;
    this.protocol = `${protocol.toLowerCase()}:`;
    this.username = username;
    this.password = password;
    this.hostname = host.toLowerCase();
    this.port = port === PORTS[this.protocol] ? "" : port;
    this.pathname = withoutDots(escapeBad(path === "" ? "/" : path));
    this.#search = query === "?" ? "" : escapeBad(query);
    this.hash = hash === "#" ? "" : escapeBad(hash);
    this.searchParams = this.#params();
  }

  #params(): URLSearchParams {
    const params: URLSearchParams = new URLSearchParams(this.#search, () => {
      const pairs = params.toString();
      this.#search = pairs === "" ? "" : `?${pairs}`;
    });
    return params;
  }

  static canParse(text: string | URL, base?: string | URL): boolean {
    return URL.parse(text, base) !== null;
  }

  static parse(text: string | URL, base?: string | URL): URL | null {
    try {
      return new URL(text, base);
    } catch {
      return null;
    }
  }

  get search(): string {
    return this.#search;
  }

  set search(text: string) {
    const query = String(text).replace(/^\?/, "");
    this.#search = query === "" ? "" : `?${escapeBad(query)}`;
    this.searchParams = this.#params();
  }

  get host(): string {
    return this.port === "" ? this.hostname : `${this.hostname}:${this.port}`;
  }

  get origin(): string {
    return `${this.protocol}//${this.host}`;
  }

  get href(): string {
    const password = this.password === "" ? "" : `:${this.password}`;
    const user = this.username === "" && password === "" ? "" : `${this.username}${password}@`;
    return `${this.protocol}//${user}${this.host}${this.pathname}${this.search}${this.hash}`;
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }
}

function resolve(text: string, base: URL): string {
  if (text.startsWith("//")) {
    return base.protocol + text;
  }
  if (text.startsWith("/")) {
    return base.origin + text;
  }
  if (text.startsWith("?")) {
    return base.origin + base.pathname + text;
  }
  if (text === "" || text.startsWith("#")) {
    return base.origin + base.pathname + base.search + text;
  }
  return base.origin + base.pathname.replace(/[^/]*$/, "") + text;
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const parts = path.split("/").slice(1);
  parts.forEach((part, at) => {
    const isLast = at === parts.length - 1;
    const dots = part.replaceAll(/%2e/gi, ".");
    if (dots === "..") {
      kept.pop();
    } else if (dots !== ".") {
      kept.push(part);
      return;
    }
    if (isLast) {
      kept.push("");
    }
  });
  return `/${kept.join("/")}`;
}

function escapeBad(text: string): string {
  return text.replace(/[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7a\x7c\x7e]+/g, (bad) => encodeURIComponent(bad.toWellFormed()));
}
