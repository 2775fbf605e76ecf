"""Answers messages to the bot with the same text."""

import logging

from lark_plugin import DONE, PASS, Failure, LarkEvent, Outcome, Permanent, Plugin, Want, lark, log, message
from lark_plugin.events import MessageReceive

plugin = Plugin(
    wants=[Want("openapi", "POST /open-apis/im/v1/messages/*/reply", "to answer messages")],
    # The messages of one chat are answered in their order.
    ordering_key="/message/chat_id",
)


@plugin.on("{{event}}")
def received(event: LarkEvent[MessageReceive]) -> Outcome:
    try:
        return answered(event.payload)
    except Failure:
        raise  # the services of the host say themselves whether a retry may help
    except Exception as error:
        # Whatever is raised is retried for hours, and the later messages of the chat wait behind it: that does not mend a bug.
        logging.exception("a message was not answered")
        raise Permanent(f"a message was not answered: {error!r}") from error


def answered(payload: MessageReceive) -> Outcome:
    text = message.text_without_mentions(payload)
    if not text:
        return PASS  # a picture, a file
    lark.reply_text(payload["message"]["message_id"], f"你说：{text}")
    log.info("a message was answered")
    return DONE
