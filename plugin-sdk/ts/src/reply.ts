/** Replies: a toast, a card, a preview, and what is not a reply. */

import { Failure } from "./failure.ts";

/** Handled, without a reply: a card stays as it is. */
export const done = Object.freeze({ reply: "none" }) as Outcome;

/** Not for this plugin: the next plugin for this event type is asked. */
export const pass = Object.freeze({ reply: "pass" }) as Outcome;

/** A task to run after the reply, in `tasks` of this plugin or of another one. */
export interface NewTask {
  /** One line of 1 to 128 bytes. */
  name: string;
  /** JSON. */
  payload?: unknown;
  delayMs?: number;
  /** Another plugin, to which the operator has granted it. */
  plugin?: string;
}

/** What comes of an event or a task. */
export interface Outcome {
  reply: "none" | "pass" | { json: Record<string, unknown> };
  tasks?: NewTask[];
}

/** Texts for clients in other languages, by `en_us`, `ja_jp`, `zh_cn` … */
export type Translations = Record<string, string>;

export type ToastKind = "info" | "success" | "error" | "warning";

/** A card made with the card builder, with values for its variables. */
export interface CardTemplate {
  template_id: string;
  template_version_name?: string;
  template_variable?: Record<string, unknown>;
}

/** A whole card as JSON, or `{ template: … }`. */
export type Card = Record<string, unknown> | { template: CardTemplate };

/** The URLs that a preview opens, by client; an absent one opens the link itself. */
export interface PreviewLinks {
  copy_url?: string;
  ios?: string;
  android?: string;
  pc?: string;
  web?: string;
}

/** Shows a toast and, if one is given, replaces the card. */
export function toast(
  kind: ToastKind,
  content: string,
  options: { i18n?: Translations; card?: Card } = {},
): Outcome {
  const i18n = options.i18n === undefined ? {} : { i18n: options.i18n };
  return json({ toast: { type: kind, content, ...i18n }, ...cardPart(options.card) });
}

/** Replaces the card without a toast. */
export function card(whole: Card): Outcome {
  return json(cardPart(whole));
}

/** Shows a line in place of a link, and a card below the message if one is given. */
export function preview(
  title: string,
  options: { i18n?: Translations; imageKey?: string; url?: PreviewLinks; card?: Card } = {},
): Outcome {
  const inline = {
    title,
    ...(options.i18n && { i18n_title: options.i18n }),
    ...(options.imageKey && { image_key: options.imageKey }),
    ...(options.url && { url: options.url }),
  };
  return json({ inline, ...cardPart(options.card) });
}

/** A reply of your own, in the shape that Lark documents. */
export function json(reply: Record<string, unknown>): Outcome {
  return { reply: { json: reply } };
}

/** The same outcome with tasks, which run one after the other after the reply was stored. */
export function withTasks(outcome: Outcome, ...tasks: NewTask[]): Outcome {
  return { ...outcome, tasks: [...(outcome.tasks ?? []), ...tasks] };
}

function cardPart(whole: Card | undefined): Record<string, unknown> {
  return whole === undefined ? {} : { card: asCard(whole) };
}

/** A card as a reply holds it. */
export function asCard(whole: Card): { type: string; data: unknown } {
  if (typeof whole !== "object" || whole === null || Array.isArray(whole)) {
    throw Failure.permanent("a card must be a JSON object");
  }
  const { template } = whole as { template?: CardTemplate };
  return template?.template_id === undefined
    ? { type: "raw", data: whole }
    : { type: "template", data: template };
}
