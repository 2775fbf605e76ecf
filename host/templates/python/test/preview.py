from lark_plugin.testing import FakeHost, link
from plugin import plugin


def test_a_link_to_a_ticket_has_a_title():
    result = FakeHost().handle(plugin, "{{event}}", link("https://example.com/tickets/42"))
    assert result.reply["inline"]["title"] == "工单 42"


def test_other_links_are_passed_on():
    result = FakeHost().handle(plugin, "{{event}}", link("https://example.com/"))
    assert result.reply == "pass"
