from lark_plugin import NewTask
from lark_plugin.testing import FakeHost
from plugin import plugin


def test_an_event_becomes_a_task():
    result = FakeHost().handle(plugin, "{{event}}", {}, id="e1")
    assert result.tasks == [NewTask("report", {"event_id": "e1"})]


def test_the_task_sends_a_message():
    host = FakeHost(config={"chat": "oc_reports"})
    host.run(plugin, "report", {"event_id": "e1"})
    assert host.calls[0].body["receive_id"] == "oc_reports"
