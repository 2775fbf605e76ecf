/** Places in the files of a plugin under test, where Node says where an error was thrown. */

/** A frame: `at pick (/home/anna/ticket/src/plugin.ts:8:13)`. */
const FRAME = /^\s*at (?:.*\()?((?:file:\/\/)?\/.*|[A-Za-z]:.*):(\d+):\d+\)?$/;

/** Code that the author has not written. */
const FOREIGN = /(?:^|\/)(?:lark-plugin-sdk|node_modules)\//;

/** The part of Node that is used here, without its types. */
interface Node {
  cwd(): string;
  listeners(event: string): Hear[];
  on(event: string, hear: Hear): void;
  off(event: string, hear: Hear): void;
  removeAllListeners(event: string): void;
}

const EVENT = "unhandledRejection";

type Hear = (error: unknown, promise: unknown) => void;

const node = Reflect.get(globalThis, "process") as Node;
const soon = Reflect.get(globalThis, "setImmediate") as (work: () => void) => void;

// The end of a stack of the SDK's own functions is the plugin.
const limits = Error as { stackTraceLimit?: number };
limits.stackTraceLimit = Math.max(limits.stackTraceLimit ?? 0, 50);

interface Frame {
  file: string;
  line: string;
}

function framesOf(error: Error): Frame[] {
  const found: Frame[] = [];
  for (const line of (error.stack ?? "").split("\n")) {
    const [, file, at] = FRAME.exec(line) ?? [];
    if (file !== undefined && at !== undefined) {
      found.push({ file: file.replace(/^file:\/\//, ""), line: at });
    }
  }
  return found;
}

/** The folder of the SDK's own code, which may have any name. */
const SDK = (framesOf(new Error())[0]?.file ?? "").match(/^(.*\/)testing\/places\.ts$/)?.[1];

/** The innermost place of an error in the author's own files: `src/plugin.ts:8`. */
export function placeOf(error: unknown): string | undefined {
  const isOwn = ({ file }: Frame): boolean => !FOREIGN.test(file) && !(SDK !== undefined && file.startsWith(SDK));
  const own = error instanceof Error ? framesOf(error).find(isOwn) : undefined;
  const here = `${node.cwd()}/`;
  return own && `${own.file.startsWith(here) ? own.file.slice(here.length) : own.file}:${own.line}`;
}

/** Errors of promises that nobody awaits, for each work that is watched. */
const watching = new Set<unknown[]>();

/** Who hears of such errors while nothing is watched: the runner, which would say of them no more than their message. */
let others: Hear[] = [];

const hear: Hear = (error) => {
  for (const lost of watching) {
    lost.push(error);
  }
};

/** Does some work, and returns with it the errors of promises that nobody has awaited meanwhile. */
export async function watched<T>(work: () => Promise<T>): Promise<{ made: T; lost: unknown[] }> {
  const lost: unknown[] = [];
  if (watching.size === 0) {
    others = node.listeners(EVENT);
    node.removeAllListeners(EVENT);
    node.on(EVENT, hear);
  }
  watching.add(lost);
  try {
    const made = await work();
    // Node tells of them when no job is left, which is after this.
    await new Promise<void>((resolve) => soon(resolve));
    return { made, lost };
  } finally {
    watching.delete(lost);
    if (watching.size === 0) {
      node.off(EVENT, hear);
      others.forEach((other) => node.on(EVENT, other));
    }
  }
}
