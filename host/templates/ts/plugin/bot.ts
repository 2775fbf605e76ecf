/** Answers messages to the bot with the same text. */

import { Failure, HostError, type MessageReceive, type Outcome, definePlugin, done, lark, log, message, pass } from "lark-plugin-sdk";

function answered(received: MessageReceive): Outcome {
  const text = message.textWithoutMentions(received);
  if (text === "") {
    return pass; // a picture, a file
  }
  lark.replyText(received.message.message_id, `你说：${text}`);
  log.info("a message was answered");
  return done;
}

export default definePlugin({
  wants: [{ kind: "openapi", value: "POST /open-apis/im/v1/messages/*/reply", reason: "to answer messages" }],
  // The messages of one chat are answered in their order.
  orderingKey: "/message/chat_id",
  events: {
    "{{event}}"(event) {
      try {
        return answered(event.payload);
      } catch (error) {
        // Whatever is thrown is retried for hours, and the later messages of the chat wait behind it. The services of the host
        // say themselves whether that may help; anything else is a bug, which it does not mend.
        if (error instanceof HostError || error instanceof Failure) {
          throw error;
        }
        console.error("a message was not answered:", error);
        throw Failure.permanent(`a message was not answered: ${error}`);
      }
    },
  },
});
