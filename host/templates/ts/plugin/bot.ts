/** Answers messages to the bot with the same text. */

import { definePlugin, done, lark, log, message, pass } from "lark-plugin-sdk";

export default definePlugin({
  wants: [{ kind: "openapi", value: "POST /open-apis/im/v1/messages/*/reply", reason: "to answer messages" }],
  // The messages of one chat are answered in their order.
  orderingKey: "/message/chat_id",
  events: {
    "{{event}}"(event) {
      const text = message.textWithoutMentions(event.payload);
      if (text === "") {
        return pass; // a picture, a file
      }
      lark.replyText(event.payload.message.message_id, `你说：${text}`);
      log.info("a message was answered");
      return done;
    },
  },
});
