from lark_plugin.testing import FakeHost, text_message
from plugin import plugin


def test_a_text_is_answered():
    host = FakeHost()
    result = host.handle(plugin, "{{event}}", text_message("hello"))
    assert result.reply == "none"
    [call] = host.calls
    assert call.path.endswith("/reply")
    assert "hello" in call.body["content"]
