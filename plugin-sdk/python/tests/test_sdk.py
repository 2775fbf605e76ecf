"""A plugin gets what Lark sent and the host what the plugin means, through a host in memory."""

import json

import pytest

from lark_plugin import DONE, PASS, HostError, NewTask, Permanent, Plugin, Retry, Schedule, Want, toast
from lark_plugin import _trace, config, http, kv, lark, log, message, metrics
from lark_plugin.testing import FakeHost, Logged, click, failure, link, text_message


def test_a_reply_and_its_tasks():
    plugin = Plugin()

    @plugin.on("card.action.trigger")
    def clicked(event):
        answer = toast("info", f"hello {event.payload['operator']['open_id']}", i18n={"en_us": "hello"})
        return answer.with_tasks(NewTask("later", {"a": 1}, 1500))

    plugin.on("url.preview.get")(lambda event: PASS)
    plugin.on("*")(lambda event: None)
    plugin.task("later")(lambda task: None)
    host = FakeHost()
    result = host.handle(plugin, "card.action.trigger", click({"a": 1}))
    assert result.reply == {"toast": {"type": "info", "content": "hello ou_anna", "i18n": {"en_us": "hello"}}}
    assert result.tasks == [NewTask("later", {"a": 1}, 1500)]
    assert host.handle(plugin, "url.preview.get", link("https://example.com")).reply == "pass"
    assert host.handle(plugin, "im.chat.updated_v1", {}).reply == DONE.reply


@pytest.mark.parametrize(
    ("error", "message", "again", "after_ms"),
    [
        (Permanent("never"), "never", False, None),
        (Retry("busy", 500), "busy", True, 500),
        (KeyError("x"), "KeyError: 'x'", True, None),
    ],
)
def test_a_failure_says_whether_the_host_tries_again(error, message, again, after_ms):
    plugin = Plugin()

    @plugin.task("t")
    def work(task):
        raise error

    assert tuple(FakeHost().run(plugin, "t", fails=True).failure) == (message, again, after_ms)


def test_a_task_that_no_handler_is_for_is_told_with_those_that_there_are_when_it_is_scheduled_and_when_it_runs():
    plugin = Plugin()
    plugin.on("card.action.trigger")(lambda event: DONE.with_tasks(NewTask("digset")))
    plugin.on("url.preview.get")(lambda event: PASS.with_tasks(NewTask("digset", plugin="other")))
    plugin.task("digest")(lambda task: None)
    plugin.task("tidy")(lambda task: None)
    host = FakeHost()
    told = ("the plugin does not know the task `digset`; it knows `digest`, `tidy`", False, None)
    assert tuple(host.handle(plugin, "card.action.trigger", click({}), fails=True).failure) == told
    assert tuple(host.run(plugin, "digset", fails=True).failure) == told
    assert len(host.handle(plugin, "url.preview.get", link("https://example.com")).tasks) == 1
    without = host.run(Plugin(), "digest", fails=True).failure
    assert without.message == "the plugin does not know the task `digest`; it does no tasks"


def test_a_cause_decides_whether_the_host_tries_again():
    plugin = Plugin()

    @plugin.task("t")
    def work(task):
        try:
            raise Permanent("inner")
        except Permanent as error:
            raise RuntimeError("outer") from error

    assert tuple(FakeHost().run(plugin, "t", fails=True).failure) == ("RuntimeError: outer: inner", False, None)


def test_a_failure_names_the_innermost_place_in_the_authors_own_files(monkeypatch):
    monkeypatch.setattr(_trace, "_folders", {})
    _trace.know({"/1/": "src/", "/2/": ""})
    code = {"json": json}
    exec(compile("def pick():\n    return json.loads('{')\n", "/1/plugin.py", "exec"), code)
    with pytest.raises(ValueError) as caught:
        code["pick"]()
    placed = _trace.placed("字" * 5000, caught.value)
    assert placed.endswith("字… at src/plugin.py:2 in pick")
    assert len(placed.encode()) < 4096
    assert (_trace.own("/2/src/plugin.py"), _trace.own("/3/lark_plugin/kv.py")) == ("src/plugin.py", None)
    lines = _trace.lines(caught.value)
    assert any(line.startswith('  File "src/plugin.py", line 2, in pick') for line in lines)
    assert lines[-1].startswith("json.decoder.JSONDecodeError") and not any("\n" in line for line in lines)
    code["deep"] = lambda: code["deep"]()
    with pytest.raises(RecursionError) as deep:
        code["deep"]()
    assert len(_trace.lines(deep.value)) <= 51


def test_a_value_of_the_settings_keeps_its_digits_and_a_text_that_is_wanted_as_one_stays_a_text():
    given = {"flag": "true", "days": 7, "share": 0.5, "on": True, "ids": ["ou_boss"], "room": {"id": 1}}
    host = FakeHost(config=given)
    assert (config.get("flag"), config.get("ids")) == ("true", '["ou_boss"]')
    assert {key: config.read(key) for key in given} == given | {"flag": True}
    assert config.read("none", 3) == 3
    for written, told in [
        ("12345678901234567890", "12345678901234567890"),
        ("9007199254740993", 9007199254740993),
        ("1.10", "1.10"),
        ("100.0", 100.0),
        ("1e20", 1e20),
        ("-1.5e-7", -1.5e-7),
        ("1e400", "1e400"),
        ("NaN", "NaN"),
        ("007", "007"),
        ('["1.10"]', ["1.10"]),
    ]:
        host.config["given"] = written
        assert config.read("given") == told, written
    plugin = Plugin(wants=[Want("config", "flag", "…", type="text")])
    read = []
    plugin.task("t")(lambda task: read.append(config.read("flag")))
    host.run(plugin, "t")
    assert read == ["true"]


def test_the_key_value_store_has_versions_expiry_and_conflicts():
    host = FakeHost(kv={"likes": 41})
    assert kv.update("likes", lambda count: count + 1) == 42
    host.write_in_between("likes", 50)
    assert kv.update("likes", lambda count: count + 1) == 51
    assert kv.compare_and_set("likes", None, 1) is None
    kv.set("short", {"汉": "字"}, ttl_ms=1000)
    assert kv.get("short") == {"汉": "字"}
    assert kv.keys() == ["likes", "short"]
    host.advance(1000)
    assert kv.get("short") is None
    assert kv.delete("likes") is True
    host.kv_is_down = True
    with pytest.raises(HostError) as down:
        kv.get("likes")
    assert (down.value.code, down.value.again) == ("unavailable", True)


def test_calls_of_lark_carry_what_they_must_and_a_code_is_an_error():
    host = FakeHost()
    assert lark.send_text("你好", chat_id="oc_1") == "om_1"
    [call] = host.calls
    assert (call.path, call.query) == ("/open-apis/im/v1/messages", {"receive_id_type": "chat_id"})
    assert call.body == {"receive_id": "oc_1", "msg_type": "text", "content": '{"text": "你好"}'}
    with pytest.raises(HostError, match="letters, digits"):
        lark.reply_text("a/b", "x")
    host.answer_lark("GET /open-apis/contact/v3/users/*", {"code": 99991400, "msg": "too many"}, failure("retry", "busy", 2000))
    with pytest.raises(lark.LarkError, match="code 99991400.*too many"):
        lark.call("GET", "/open-apis/contact/v3/users/ou_1")
    with pytest.raises(HostError) as busy:
        lark.call("GET", "/open-apis/contact/v3/users/ou_1")
    assert busy.value.after_ms == 2000


def test_a_services_answer_is_read_whole_as_json_and_event_by_event():
    host = FakeHost()
    host.answer_http("POST https://llm.example.com/v1/chat", {"events": [{"delta": "汉"}, "[DONE]"]})
    host.answer_http("GET https://api.example.com/**", {"status": 503, "headers": {"Retry-After": "7"}, "body": "busy"}, {"body": [1]})
    response = http.post("https://llm.example.com/v1/chat", json={"stream": True}, timeout_ms=900).success()
    assert [event.data for event in response.events()] == ['{"delta": "汉"}', "[DONE]"]
    assert host.requests[0].headers["content-type"] == "application/json"
    assert host.requests[0].attributes == {"timeout-ms": "900"}
    with pytest.raises(HostError) as busy:
        http.get("https://api.example.com/v1/items", query={"q": "a b&"}).success()
    assert (busy.value.again, busy.value.after_ms) == (True, 7000)
    assert http.get("https://api.example.com/v1/items").json() == [1]
    assert host.requests[1].url == "https://api.example.com/v1/items?q=a+b%26"


def test_the_text_of_a_message_is_read_with_and_without_mentions():
    payload = text_message("hello @_user_10", mentions_bot=True)
    payload["message"]["mentions"].append({"key": "@_user_10", "name": "@_user_1", "id": {}})
    assert message.text(payload) == "@_user_1 hello @_user_10"
    assert message.text_with_names(payload) == "@Bot hello @@_user_1"
    assert message.text_without_mentions(payload) == "hello"
    assert message.mentions_bot(payload, "cli_1")
    payload["message"]["message_type"] = "image"
    assert message.text(payload) == ""


def test_log_and_metrics_go_to_the_operator():
    host = FakeHost()
    log.warn("odd")
    metrics.add("greeting", language="zh")
    assert host.logged == [Logged("warn", "odd")]
    assert host.counted == {'greeting{language="zh"}': 1}


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            {"wants": [Want("config", "days", "to count", "int")]},
            "wants[0].type must be one of 'text', 'integer', 'number', 'boolean', 'list', 'table', and is 'int'; the nearest is 'integer'",
        ),
        ({"wants": [Want("config", "days", "to count", int)]}, "and is the type int; the nearest is 'integer'"),
        ({"wants": [Want("config", "days", "to count", "intger")]}, "the nearest is 'integer'"),
        ({"wants": [Want("opnapi", "GET /x", "to read")]}, "and is 'opnapi'; the nearest is 'openapi'"),
        ({"wants": [Want("http", "GET https://a.b/", "to read", "text")]}, "its kind is 'http'; leave it out"),
        ({"wants": [Want("config", 7, "to count")]}, "wants[0].value must be a str, and is 7"),
        ({"wants": [("config", "days", "to count")]}, "wants[0] must be a Want, and is ('config', 'days', 'to count')"),
        ({"wants": Want("config", "days", "to count")}, "wants[0] must be a Want, and is 'config'"),
        ({"wants": "days"}, "wants must be a list, and is 'days'"),
        ({"ordering_key": 7}, "ordering_key must be a str, and is 7"),
        ({"finishes_late": "yes"}, "finishes_late must be a bool, and is 'yes'"),
        ({"schedules": [Schedule("report", 9)]}, "schedules[0].at must be a str, and is 9"),
    ],
)
def test_a_declaration_that_is_wrong_is_told_in_its_own_words(declared, told):
    with pytest.raises((TypeError, ValueError)) as raised:
        Plugin(**declared)
    assert told in str(raised.value)


def test_a_decorator_without_its_parentheses_is_told_how_it_is_written():
    plugin = Plugin()
    for decorate, told in ((plugin.on, '@plugin.on("im.message.receive_v1")'), (plugin.task, '@plugin.task("report")')):
        with pytest.raises(TypeError) as raised:
            decorate(lambda event: None)
        assert told in str(raised.value)


def test_a_schedule_whose_task_nobody_runs_is_told_with_the_nearest_that_somebody_does():
    plugin = Plugin(schedules=[Schedule("reprot", "0 9 * * 1-5")])
    plugin.on("im.message.receive_v1")(lambda event: None)
    for told in ("schedules[0].task is 'reprot', and no @plugin.task is of that name", "; the nearest is 'report'"):
        with pytest.raises(ValueError) as raised:
            FakeHost().handle(plugin, "im.message.receive_v1", {})
        assert str(raised.value).endswith(told)
        plugin.tasks.setdefault("report", lambda task: None)
