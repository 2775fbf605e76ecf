/** Takes away what Node has and the sandbox has not, while a plugin is called: a test would pass by it. */

import { ABSENT } from "../absent.ts";

type Restore = () => void;

/** Calls that run; what one of them took away is there again after the last. */
let running = 0;
let restores: Restore[] = [];

/** Does some work without the globals that the sandbox lacks, and with its way to write numbers and dates. */
export async function without<T>(work: () => Promise<T>): Promise<T> {
  running += 1;
  if (running === 1) {
    restores = [...Object.keys(ABSENT).map(take), ...LOCAL.map(([owner, name, local]) => put(owner, name, local))];
  }
  try {
    return await work();
  } finally {
    running -= 1;
    if (running === 0) {
      restores.forEach((restore) => restore());
    }
  }
}

function take(name: string): Restore {
  const found = Object.getOwnPropertyDescriptor(globalThis, name);
  if (found?.configurable !== true) {
    return () => {};
  }
  Reflect.deleteProperty(globalThis, name);
  return () => void Object.defineProperty(globalThis, name, found);
}

function put(owner: object, name: string, value: unknown): Restore {
  const found = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
  Object.defineProperty(owner, name, { ...found, value });
  return () => void Object.defineProperty(owner, name, found);
}

const two = (number: number): string => String(number).padStart(2, "0");

function day(date: Date): string {
  return `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${date.getUTCFullYear()}`;
}

function time(date: Date): string {
  const hours = date.getUTCHours();
  return `${two(hours % 12 || 12)}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
}

const dated = (write: (date: Date) => string) =>
  function (this: Date): string {
    return Number.isNaN(this.getTime()) ? "Invalid Date" : write(this);
  };

/** As the engine of the sandbox does it, whatever language it is given. */
const LOCAL: [object, string, unknown][] = [
  [Number.prototype, "toLocaleString", function (this: number): string { return String(this); }],
  [BigInt.prototype, "toLocaleString", function (this: bigint): string { return String(this); }],
  [Date.prototype, "toLocaleString", dated((date) => `${day(date)}, ${time(date)}`)],
  [Date.prototype, "toLocaleDateString", dated(day)],
  [Date.prototype, "toLocaleTimeString", dated(time)],
  [
    String.prototype,
    "localeCompare",
    function (this: string, other: string): number {
      const [one, two] = [String(this).normalize("NFC"), String(other).normalize("NFC")];
      return one < two ? -1 : one > two ? 1 : 0;
    },
  ],
];
