"""The tools for tests find out what a test would miss: a failure that it does not look at, work that is lost, a slip."""

import re
import warnings
from pathlib import Path

import pytest
from lark_plugin import DONE, HostError, NewTask, Permanent, Plugin, _cases, config, http, kv, lark, log, media, metrics, oauth, toast
from lark_plugin.failure import Unreadable
from lark_plugin.testing import FakeHost, failure, rejection

TYPE = "im.message.receive_v1"
ENTRY = "GET https://api.example.com/**"
LARK = "GET /open-apis/**"


def line_of(text):
    return next(at for at, line in enumerate(Path(__file__).read_text("utf-8").splitlines(), 1) if line.endswith(text))


failing = Plugin()


@failing.on(TYPE)
def received(event):
    lark.reply_text("om_1", "hello")
    return event.payload["nothing"]  # the place of the failure


@failing.task("remember")
def remember(task):
    kv.set("a", "b")  # the place in the plugin


def test_a_failure_ends_a_test_that_does_not_expect_it_and_is_told_with_the_place_in_the_plugin():
    host = FakeHost()
    place = f"test_testing.py:{line_of('# the place of the failure')} in received\n"
    body = {"header": {"event_type": TYPE, "event_id": "e1", "app_id": "cli_1"}, "event": {}}
    for handled in (lambda: host.handle(failing, TYPE, {}), lambda: host.handle_body(failing, body)):
        with pytest.raises(AssertionError, match="^the plugin failed: KeyError: 'nothing' at ") as failed:
            handled()
        assert place in str(failed.value)
        assert isinstance(failed.value.__cause__, KeyError)
    # What it has done before is there, and does not make a test pass.
    assert len(host.calls) == 2
    result = host.handle(failing, TYPE, {}, fails=True)
    assert (result.failure.again, result.failure.after_ms) == (True, None)
    with pytest.raises(AssertionError, match="there is no reply, because the plugin failed: KeyError"):
        result.reply  # noqa: B018

    host.kv_is_down = True
    with pytest.raises(AssertionError) as failed:
        host.run(failing, "remember")
    assert f"test_testing.py:{line_of('# the place in the plugin')} in remember\n" in str(failed.value)
    host.kv_is_down = False
    with pytest.raises(AssertionError, match="the plugin did not fail"):
        host.run(failing, "remember", fails=True)


def test_what_has_no_json_form_fails_as_it_does_in_the_sandbox():
    plugin = Plugin()
    plugin.task("reply")(lambda task: toast("info", "hi", card={"a": {1}}))
    plugin.task("task")(lambda task: DONE.with_tasks(NewTask("task", {"a": {1}})))
    plugin.task("kv")(lambda task: kv.set("a", {1}) and None)
    for name in ("reply", "task", "kv"):
        failed = FakeHost().run(plugin, name, fails=True).failure
        told = "has no JSON form" if name == "kv" else "JSON has no form for it"
        assert told in failed.message and not failed.again
    host = FakeHost()
    kv.set_bytes("a", b"no JSON")
    with pytest.raises(ValueError, match="the value under 'a' is not JSON"):
        kv.get("a")
    assert host.keys == ["a"]


def test_a_coroutine_that_nobody_awaits_ends_the_test_and_a_handler_is_none():
    plugin = Plugin()

    async def save():
        raise AssertionError("it does not run")

    @plugin.task("t")
    def work(task):
        warnings.warn("another", UserWarning, stacklevel=1)
        save()  # where it is lost

    for fails in (False, True):
        with pytest.warns(UserWarning, match="another"), pytest.raises(AssertionError, match="save' was never awaited") as lost:
            FakeHost().run(plugin, "t", fails=fails)
        assert f"test_testing.py:{line_of('# where it is lost')}" in str(lost.value)

    async def async_handler(event): ...

    async def async_generator(event):
        yield DONE

    for decorate in (plugin.on("a"), plugin.task("b")):
        for handler in (async_handler, async_generator):
            with pytest.raises(TypeError, match="is a handler, and must be a plain function"):
                decorate(handler)

    def generator(event):
        yield DONE

    with pytest.raises(TypeError, match="generator.. is a handler, and has a `yield`: its code would not run"):
        plugin.on("c")(generator)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda host: FakeHost(confg={}), "FakeHost has no option confg; the nearest is 'config'"),
        (lambda host: FakeHost(store={}), "FakeHost has no option store; it may have config, kv, now_ms"),
        (lambda host: FakeHost(config="days = 7"), "config must be a dict, and is 'days = 7'"),
        (lambda host: setattr(host, "kv_is_dwon", True), "FakeHost has no attribute kv_is_dwon; the nearest is 'kv_is_down'"),
        (lambda host: host.handle(failing, TYPE, {}, appid="x"), "handle has no option appid; the nearest is 'app_id'"),
        (lambda host: host.handle(failing, TYPE, {}, kind="calback"), "and is 'calback'; the nearest is 'callback'"),
        (lambda host: host.answer_http(ENTRY, {"stauts": 503}), "an answer of answer_http has no member stauts; the nearest is 'status'"),
        (lambda host: host.answer_http(ENTRY, {"ok": True}), "it may have status, headers, body, events"),
        (lambda host: host.answer_http(ENTRY, "busy"), "an answer of answer_http must be a dict, and is 'busy'"),
        (lambda host: host.answer_http(ENTRY, {"status": "503"}), "the status of an answer must be an int, and is '503'"),
        (lambda host: host.answer_http(ENTRY, {"events": [], "body": 1}), "has a body, or a list of events"),
        (lambda host: host.answer_http(ENTRY), "answer_http has no answer"),
        (lambda host: host.answer_http("GTE https://api.example.com/", {}), "the nearest is 'GET'"),
        (lambda host: host.answer_http("GET https://api.example.com/?a=1", {}), "a place without a query"),
        (lambda host: host.answer_http("GET api.example.com", {}), "begins with http:// or https://"),
        (lambda host: host.answer_http(ENTRY, failure("retry", "busy")), "an error of answer_http must be one of 'not-granted'"),
        (lambda host: host.answer_http(ENTRY, OSError("busy")), "is made with failure()"),
        (lambda host: host.answer_lark(LARK, {"cod": 0, "data": {}}), "is the whole body, {'code': 0, 'data': …}, and this one has cod,"),
        (lambda host: host.answer_lark(LARK, {"status": 500}), "a Lark that is not available is failure('retry', '…')"),
        (lambda host: host.answer_lark(LARK, {"code": "0"}), "the code of an answer must be an int, and is '0'"),
        (lambda host: host.answer_lark(LARK, failure("unreachable")), "an error of answer_lark must be one of"),
        (lambda host: host.answer_lark("GET https://open.feishu.cn/**", {"code": 0}), "the place of answer_lark begins with /"),
        (lambda host: host.fail_media(failure("unavailable")), "an error of fail_media must be one of"),
        (lambda host: host.fail_kv(rejection(1)), "an error of fail_kv must be one of 'over-limit', 'unavailable', and is 'rejected'"),
        (lambda host: failure("unavailble"), "and is 'unavailble'; the nearest is 'unavailable'"),
        (lambda host: failure("failed", "", 500), "a failure 'failed' has no delay"),
        (lambda host: lark.send_text("hi", chatid="oc_1"), "a receiver has no id of the kind chatid; the nearest is 'chat_id'"),
    ],
)
def test_an_option_that_is_not_there_is_told_with_the_nearest_that_is(wrong, told):
    with pytest.raises((TypeError, ValueError)) as raised:
        wrong(FakeHost())
    assert told in str(raised.value)


def test_answers_and_settings_that_are_right_are_taken():
    host = FakeHost(now_ms=7)
    host.kv_is_down, host.now_ms = True, 8
    host.answer_lark(LARK, {"code": 0, "bot": {}}, {"access_token": "t"}, {}, failure("retry", "busy", 500))
    host.answer_lark("* **", {"code": 1})
    host.answer_http("* **", {}, {"status": 500, "headers": {}, "body": None}, {"events": [1]}, failure("interrupted"))


#: Of each error, whether a retry may help: the same in each language.
AGAIN = {
    "KV": {"over-limit": False, "unavailable": True},
    "HTTP": {
        "not-granted": False,
        "refused": False,
        "over-limit": False,
        "unreachable": True,
        "interrupted": True,
        "failed": False,
    },
    "LARK": {"not-granted": False, "authorization-required": False, "refused": False, "retry": True, "failed": False},
    "MEDIA": {"not-granted": True, "refused": False, "over-limit": False, "retry": True, "failed": True},
    "OAUTH": {
        "not-granted": False,
        "bad-ticket": False,
        "code-refused": False,
        "wrong-user": False,
        "not-allowed": False,
        "retry": True,
        "failed": False,
    },
}

HERE = Path(__file__).parents[1]


@pytest.mark.parametrize(("table", "wit"), [("KV", "kv"), ("HTTP", "http"), ("LARK", "openapi"), ("MEDIA", "media"), ("OAUTH", "oauth")])
def test_the_errors_are_those_of_the_interface_and_the_same_in_typescript(table, wit):
    here = getattr(_cases, table)
    assert {tag: again for tag, (_, again) in here.items()} == AGAIN[table]
    interface = (HERE.parents[1] / "wit" / f"{wit}.wit").read_text("utf-8")
    variant = re.search(r"variant error \{(.*?)\n    \}", interface, re.DOTALL)[1]
    tags = re.findall(r"^ +([a-z-]+)(?:\(.*\))?,$", variant, re.MULTILINE)
    # An answer of Lark's is an error of its own.
    assert sorted(tag for tag in tags if tag != "rejected") == sorted(here)
    typescript = (HERE.parent / "ts" / "src" / "cases.ts").read_text("utf-8")
    there = re.search(rf"export const {table}: Cases = \{{(.*?)\n\}};", typescript, re.DOTALL)[1]
    cases = re.findall(r'^ +"?([a-z-]+)"?: \{ said: "(.*)", again: (true|false) \},$', there, re.MULTILINE)
    assert {tag: (said, again == "true") for tag, said, again in cases} == here


@pytest.mark.parametrize(("table", "tag"), [(table, tag) for table, cases in AGAIN.items() for tag in cases] + [("MEDIA", "rejected")])
def test_each_error_of_the_host_says_whether_a_retry_may_help(table, tag):
    host = FakeHost()
    error = rejection(1) if tag == "rejected" else failure(tag, "why")

    def fail(*_):
        raise error

    calls = {
        "KV": [
            lambda: kv.get("a"),
            lambda: kv.set("a", 1),
            lambda: kv.compare_and_set("a", 1, 1),
            lambda: kv.delete("a"),
            lambda: kv.keys(),
        ],
        "HTTP": [lambda: http.get("https://api.example.com/")],
        "LARK": [lambda: lark.reply_text("om_1", "hi")],
        "MEDIA": [lambda: media.upload_image(b"1")],
        "OAUTH": [lambda: oauth.status("ou_anna")],
    }[table]
    for call in calls:
        {
            "KV": host.fail_kv,
            "HTTP": lambda error: host.answer_http("* **", error),
            "LARK": lambda error: host.answer_lark("* **", error),
            "MEDIA": host.fail_media,
            "OAUTH": lambda error: setattr(host._oauth, "status", fail),
        }[table](error)
        with pytest.raises(HostError) as raised:
            call()
        assert (raised.value.code, raised.value.again) == (tag, AGAIN[table].get(tag, False))


@pytest.mark.parametrize(("status", "again"), [(400, False), (404, False), (408, True), (425, True), (429, True), (500, True), (503, True)])
def test_the_status_of_a_service_says_whether_a_retry_may_help(status, again):
    FakeHost().answer_http("* **", {"status": status})
    with pytest.raises(HostError) as raised:
        http.get("https://api.example.com/").success()
    assert raised.value.again is again


def test_what_cannot_be_read_or_written_is_permanent_and_a_code_of_larks_decides():
    host = FakeHost().answer_http("* **", {"body": "no JSON"})
    with pytest.raises(ValueError) as raised:
        http.get("https://api.example.com/").json()
    assert isinstance(raised.value, Unreadable) and not raised.value.again
    for code, again in [(99_991_400, True), (230_020, True), (230_002, False)]:
        FakeHost().answer_lark("* **", {"code": code, "msg": ""})
        with pytest.raises(lark.LarkError) as refused:
            lark.reply_text("om_1", "hi")
        assert refused.value.again is again
    with pytest.raises(Permanent):
        kv.set("a", {1})
    assert host.keys == []


def test_a_service_that_the_test_does_not_play_answers_as_one_that_is_not_there():
    FakeHost()
    response = http.get("https://a.example.com/x?y=1")
    assert (response.status, response.header("content-type")) == (404, "text/plain")
    said = "no answer for `GET https://a.example.com/x` in this test; give one with answer_http"
    with pytest.raises(HostError) as failed:
        response.success()
    assert str(failed.value) == f"the service answered with status 404: {said}"


def test_what_crosses_the_border_as_another_type_would_end_the_call_in_the_sandbox_and_fails_with_its_name_here_too():
    host = FakeHost(config={"greeting": "hi"})
    wrong = [
        ("a key must be a str, and is ", kv.get),
        ("a key must be a str, and is ", lambda value: kv.set(value, 1)),
        ("a key must be a str, and is ", kv.delete),
        ("a prefix must be a str, and is ", kv.keys),
        ("ttl_ms must be a whole number from 0 on, and is ", lambda value: kv.set("a", 1, value)),
        ("the value for set_bytes must be a bytes, and is ", lambda value: kv.set_bytes("a", value)),
        ("a key must be a str, and is ", config.get),
        ("the name of a metric must be a str, and is ", metrics.add),
        ("amount must be a whole number from 0 on, and is ", lambda value: metrics.add("a", value)),
        ("url must be a str, and is ", http.get),
        ("body must be a bytes, and is ", lambda value: http.post("https://api.example.com", body=value)),
        ("the chat_id of a receiver must be a str, and is ", lambda value: lark.send_text("hi", chat_id=value)),
        ("the text of a message must be a str, and is ", lambda value: lark.send_text(value, chat_id="oc_1")),
        ("the id of a message must be a str, and is ", lambda value: lark.reply_text(value, "hi")),
    ]
    for told, call in wrong:
        for value in ({"a": 1}, -1.5):
            with pytest.raises(TypeError, match=f"^{re.escape(told)}"):
                call(value)
    with pytest.raises(TypeError, match="^the chat_id of a receiver is empty$"):
        lark.send_text("hi", chat_id="")
    with pytest.raises(TypeError):
        lark.send_text("hi", chat_id=None)
    assert not host.calls and not host.requests

    # What has a natural text gets it.
    for value in (7, {"a": 1}, None, "text"):
        log.info(value)
    assert [line.message for line in host.logged] == ["7", "{'a': 1}", "None", "text"]
    metrics.add("answers", status=404)
    assert host.counted == {'answers{status="404"}': 1}


def test_a_value_that_is_not_json_is_not_read_again_and_again():
    FakeHost()
    kv.set_bytes("a", b"{")
    with pytest.raises(Unreadable, match="the value under 'a' is not JSON") as raised:
        kv.get("a")
    assert not raised.value.again


def test_a_card_that_is_kept_has_an_id_without_being_asked_for_one():
    FakeHost()
    made = lark.call("POST", "/open-apis/cardkit/v1/cards", body={"type": "card_json", "data": "{}"})
    assert made.data == {"card_id": "card_1"}
