/** The text of a received message, and who is mentioned in it. */

import type { MessageReceive } from "./generated/events.ts";

type Part = Record<string, unknown>;

/**
 * The text of a text message or a post, with placeholders like `@_user_1` for mentions; empty for every other message.
 */
export function text(received: MessageReceive): string {
  const type = received.message?.message_type;
  const content = parse(received.message?.content);
  if (type === "text") {
    return typeof content.text === "string" ? content.text : "";
  }
  return type === "post" ? post(content) : "";
}

/** The text with the names of mentioned people instead of placeholders. */
export function textWithNames(received: MessageReceive): string {
  const names = new Map((received.message?.mentions ?? []).map((mention) => [mention.key ?? "", mention.name ?? ""]));
  // In one pass, so that a name is never taken for a placeholder.
  return text(received).replace(/@_(?:user_\d+|all)/g, (key) => (names.has(key) ? `@${names.get(key)}` : key));
}

/** The text without its mentions: what a person says to the bot. */
export function textWithoutMentions(received: MessageReceive): string {
  const keys = new Set((received.message?.mentions ?? []).map((mention) => mention.key));
  return text(received)
    .replace(/@_(?:user_\d+|all)/g, (key) => (keys.has(key) ? "" : key))
    .trim();
}

/** Whether the bot of this application (the `appId` of the event) is mentioned; if Lark does not say which one, any bot counts. */
export function mentionsBot(received: MessageReceive, appId: string): boolean {
  return (received.message?.mentions ?? []).some((mention) => {
    const bot = mention.bot_info?.app_id;
    const isBot = mention.mentioned_type === "bot" || mention.mentioned_type === "app" || bot != null;
    return isBot && (bot == null || bot === appId);
  });
}

function parse(content: string | null | undefined): Part {
  try {
    const parsed: unknown = JSON.parse(content ?? "");
    return typeof parsed === "object" && parsed !== null ? (parsed as Part) : {};
  } catch {
    return {};
  }
}

/** Title and paragraphs, one per line. A received post has them at the top level, a sent one once for each language. */
function post(content: Part): string {
  const whole = Array.isArray(content.content)
    ? content
    : (Object.values(content).find((one) => Array.isArray((one as Part | null)?.content)) as Part | undefined);
  const lines = typeof whole?.title === "string" && whole.title !== "" ? [whole.title] : [];
  for (const paragraph of (whole?.content as unknown[] | undefined) ?? []) {
    lines.push(Array.isArray(paragraph) ? paragraph.map(part).join("") : "");
  }
  return lines.join("\n");
}

function part(value: Part | null): string {
  const field = (name: string): string => (typeof value?.[name] === "string" ? (value[name] as string) : "");
  if (field("tag") === "at") {
    const id = field("user_id");
    return id.startsWith("@") ? id : id === "all" ? "@_all" : `@${field("user_name")}`;
  }
  if (field("tag") === "emotion") {
    return `[${field("emoji_type")}]`;
  }
  return field("tag") === "a" && field("text") === "" ? field("href") : field("text");
}
