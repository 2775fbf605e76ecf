"""The fake host refuses what the server refuses, in its words."""

import json
from pathlib import Path

import pytest

from lark_plugin import DONE, HostError, NewTask, Plugin, json_reply, kv, lark
from lark_plugin._card import refused_card
from lark_plugin._refusals import LIMITS, refused_reply, refused_request, refused_tasks, refused_value
from lark_plugin.testing import FakeHost, click, link

FILE = json.loads((Path(__file__).parents[2] / "schema/refusals.json").read_text())


def expanded(value):
    """The value, with all that it repeats."""
    if isinstance(value, list):
        return [expanded(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "$repeat" in value:
        times, of = value["$repeat"]
        return of * times if isinstance(of, str) else [of] * times
    return {name: expanded(part) for name, part in value.items()}


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(("event_type", "reply", "said"), expanded(FILE["replies"]), ids=lambda of: str(of)[:40])
def test_a_reply_is_refused_in_the_words_that_all_languages_share(event_type, reply, said):
    found = refused_reply(event_type, compact(reply))
    if said is None or not said.endswith("bytes, and at most 30720 can be sent"):
        assert found == said
    else:
        # Python writes a space behind each colon.
        assert found.startswith("`card.data` has 308")


@pytest.mark.parametrize(("card", "said"), expanded(FILE["cards"]), ids=lambda of: str(of)[:40])
def test_a_card_is_refused_in_the_words_that_all_languages_share(card, said):
    assert refused_card(card, len(compact(card))) == said


@pytest.mark.parametrize(("method", "path", "body", "said"), expanded(FILE["requests"]), ids=lambda of: str(of)[:40])
def test_a_request_is_refused_in_the_words_that_all_languages_share(method, path, body, said):
    assert refused_request(method, path, compact(body)) == said


def test_tasks_and_values_are_refused_in_the_words_that_all_languages_share():
    for tasks, said in map(expanded, FILE["tasks"]):
        assert refused_tasks(LIMITS, [NewTask(**task) for task in tasks]) == said
    for key, size, said in map(expanded, FILE["values"]):
        assert refused_value(LIMITS, key, size, []) == said


def test_a_handler_finds_the_limits_of_the_key_value_store_in_a_test():
    FakeHost(limits={"kv_bytes_max": 1000})
    for work in (
        lambda: kv.set_bytes("a", bytes(300 << 10)),
        lambda: kv.set("a", "b" * 1000),
        lambda: kv.get("k" * 513),
        lambda: kv.keys("k" * 513),
    ):
        with pytest.raises(HostError) as over:
            work()
        assert over.value.code == "over-limit"
    kv.set("a", 1)
    with pytest.raises(TypeError, match="the nearest is 'kv_value_bytes_max'"):
        FakeHost(limits={"kv_value_byte_max": 1})


def test_a_card_that_lark_would_refuse_is_neither_sent_nor_a_reply():
    card = {"schema": "2.0", "body": {"elements": [{"tag": "markdwn", "content": "hi"}]}}
    host = FakeHost()
    with pytest.raises(HostError) as refused:
        lark.send_card(card, chat_id="oc_1")
    wrong = "`content.body.elements[0].tag` is no kind of component; the nearest one is `markdown`"
    assert str(refused.value) == f"this call cannot be made: {wrong}"
    assert host.calls == []
    plugin = Plugin()
    plugin.on("card.action.trigger")(lambda event: json_reply({"card": {"type": "raw", "data": card}}))
    plugin.on("url.preview.get")(lambda event: json_reply({"toast": {"content": "hi"}}))
    plugin.on("im.message.receive_v1")(lambda event: DONE.with_tasks(*[NewTask("later")] * 17))
    plugin.task("later")(lambda task: None)
    for event_type, payload, said in (
        ("card.action.trigger", click({}), "Lark would not take this reply: `card.data.body.elements"),
        ("url.preview.get", link("https://a.example.com"), "`toast` belongs to the reply to a click"),
        ("im.message.receive_v1", {}, "the number of tasks in one outcome is over the limit of 16"),
    ):
        with pytest.raises(AssertionError) as wrong:
            host.handle(plugin, event_type, payload)
        assert said in str(wrong.value)
