/** Answers mentions with a language model, whose answer is shown in a card while it comes. */

import { type Card, Failure, config, definePlugin, done, http, kv, lark, log, message, pass } from "lark-plugin-sdk";

/** Letters after which the card is updated: Lark takes at most five updates a second. */
const UPDATE_LETTERS = 40;

function card(content: string, isDone: boolean): Card {
  const elements = [{ tag: "markdown", content: content || "…" }];
  return {
    schema: "2.0",
    config: { update_multi: true },
    header: { title: { tag: "plain_text", content: isDone ? "回答" : "正在回答…" } },
    body: { elements },
  };
}

export default definePlugin({
  wants: [
    { kind: "config", value: "model", reason: "the model to ask" },
    { kind: "http", value: "POST https://llm.example.com/v1/chat/completions", reason: "to ask the model" },
    { kind: "openapi", value: "POST /open-apis/im/v1/messages/*/reply", reason: "to answer with a card" },
    { kind: "openapi", value: "PATCH /open-apis/im/v1/messages/*", reason: "to update the card" },
  ],
  // The questions of one chat are answered in their order.
  orderingKey: "/message/chat_id",
  events: {
    "im.message.receive_v1"(event) {
      const question = message.textWithoutMentions(event.payload);
      const isAsked = event.payload.message.chat_type === "p2p" || message.mentionsBot(event.payload, event.appId);
      if (!isAsked || question === "") {
        return pass;
      }
      // An event that comes again goes on with the card that is there.
      const key = `answer/${event.id}`;
      const answer = kv.get<string>(key) ?? lark.replyCard(event.payload.message.message_id, card("", false));
      kv.set(key, answer, { ttlMs: 24 * 3600 * 1000 });

      const body = { model: config.require("model"), stream: true, messages: [{ role: "user", content: question }] };
      const response = http.request("https://llm.example.com/v1/chat/completions", { json: body }).success();
      let [text, updated, isWhole] = ["", 0, false];
      for (const { data } of response.events()) {
        if (data === "[DONE]") {
          isWhole = true;
          break;
        }
        text += JSON.parse(data).choices[0]?.delta?.content ?? "";
        if (text.length - updated >= UPDATE_LETTERS) {
          lark.patchCard(answer, card(text, false));
          updated = text.length;
        }
      }
      if (!isWhole) {
        throw Failure.retry("the answer of the model broke off");
      }
      lark.patchCard(answer, card(text, true));
      log.info("a question was answered");
      return done;
    },
  },
});
