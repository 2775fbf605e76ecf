"""Answers mentions with a language model, whose answer is shown in a card while it comes."""

import json
from typing import Any

from lark_plugin import DONE, PASS, LarkEvent, Outcome, Plugin, Retry, Want, config, http, kv, lark, log, message
from lark_plugin.events import MessageReceive

# Letters after which the card is updated: Lark takes at most five updates a second.
UPDATE_LETTERS = 40
DAY_MS = 24 * 3600 * 1000

plugin = Plugin(
    wants=[
        Want("config", "model", "the model to ask"),
        Want("http", "POST https://llm.example.com/v1/chat/completions", "to ask the model"),
        Want("openapi", "POST /open-apis/im/v1/messages/*/reply", "to answer with a card"),
        Want("openapi", "PATCH /open-apis/im/v1/messages/*", "to update the card"),
    ],
    # The questions of one chat are answered in their order.
    ordering_key="/message/chat_id",
)


def card(content: str, is_done: bool) -> dict[str, Any]:
    return {
        "schema": "2.0",
        "config": {"update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": "回答" if is_done else "正在回答…"}},
        "body": {"elements": [{"tag": "markdown", "content": content or "…"}]},
    }


@plugin.on("im.message.receive_v1")
def received(event: LarkEvent[MessageReceive]) -> Outcome:
    question = message.text_without_mentions(event.payload)
    asked = event.payload["message"].get("chat_type") == "p2p" or message.mentions_bot(event.payload, event.app_id)
    if not asked or not question:
        return PASS
    # An event that comes again goes on with the card that is there.
    key = f"answer/{event.id}"
    answer = kv.get(key) or lark.reply_card(event.payload["message"]["message_id"], card("", False))
    kv.set(key, answer, ttl_ms=DAY_MS)

    body = {"model": config.require("model"), "stream": True, "messages": [{"role": "user", "content": question}]}
    response = http.post("https://llm.example.com/v1/chat/completions", json=body).success()
    text, updated = "", 0
    for part in response.events():
        if part.data == "[DONE]":
            break
        for choice in json.loads(part.data)["choices"]:
            text += choice.get("delta", {}).get("content") or ""
        if len(text) - updated >= UPDATE_LETTERS:
            lark.patch_card(answer, card(text, False))
            updated = len(text)
    else:
        raise Retry("the answer of the model broke off")
    lark.patch_card(answer, card(text, True))
    log.info("a question was answered")
    return DONE
