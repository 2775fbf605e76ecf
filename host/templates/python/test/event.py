from lark_plugin.testing import FakeHost
from plugin import plugin


def test_an_event_is_handled():
    host = FakeHost()
    result = host.handle(plugin, "{{event}}", {"a": 1})
    assert result.reply == "none"
    assert host.logged[0].message.endswith("with 1 fields")
