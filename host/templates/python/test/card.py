from lark_plugin.testing import FakeHost, click
from plugin import plugin


def test_clicks_are_counted():
    host = FakeHost()
    for count in (1, 2):
        result = host.handle(plugin, "{{event}}", click({"{{name}}": {"count": "likes"}}))
        assert result.reply["toast"]["content"] == f"第 {count} 次"


def test_buttons_of_other_plugins_are_passed_on():
    result = FakeHost().handle(plugin, "{{event}}", click({"another": 1}))
    assert result.reply == "pass"
