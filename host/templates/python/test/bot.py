import json

from lark_plugin.testing import FakeHost, text_message
from plugin import plugin


def test_a_text_is_answered():
    host = FakeHost()
    result = host.handle(plugin, "{{event}}", text_message("hello"))
    assert result.reply == "none"
    [call] = host.calls
    assert call.path.endswith("/reply")
    assert "hello" in call.body["content"]


def test_a_mention_of_the_bot_is_not_repeated():
    host = FakeHost()
    host.handle(plugin, "{{event}}", text_message("hello", mentions_bot=True))
    assert json.loads(host.calls[0].body["content"]) == {"text": "你说：hello"}


def test_a_message_that_cannot_be_answered_is_given_up_at_once():
    result = FakeHost().handle(plugin, "{{event}}", None, fails=True)
    assert not result.failure.again
