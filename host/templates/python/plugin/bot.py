"""Answers messages to the bot with the same text."""

from lark_plugin import DONE, PASS, LarkEvent, Outcome, Plugin, Want, lark, log, message
from lark_plugin.events import MessageReceive

plugin = Plugin(
    wants=[Want("openapi", "POST /open-apis/im/v1/messages/*/reply", "to answer messages")],
    # The messages of one chat are answered in their order.
    ordering_key="/message/chat_id",
)


@plugin.on("{{event}}")
def received(event: LarkEvent[MessageReceive]) -> Outcome:
    text = message.text_without_mentions(event.payload)
    if not text:
        return PASS  # a picture, a file
    lark.reply_text(event.payload["message"]["message_id"], f"你说：{text}")
    log.info("a message was answered")
    return DONE
