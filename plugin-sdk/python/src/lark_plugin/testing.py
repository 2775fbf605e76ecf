"""Tests of a plugin with pytest: the handler is called as in the sandbox, with a host in memory."""

from __future__ import annotations

import json
import re
import sysconfig
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, NamedTuple, NoReturn

from . import _answers, _border, _called, _cases
from ._border import BorderError
from ._declared import check_is, check_names, check_one_of, check_scheduled
from ._fake_media import FakeMedia, Uploaded
from ._refusals import limits_with, refused_key, refused_reply, refused_request, refused_tasks, refused_value
from ._returned import Written
from .failure import describe, verdict
from .plugin import LarkEvent, Plugin, Task
from .reply import NewTask

#: Code that the author has not written.
_FOREIGN = tuple({str(Path(__file__).parent), *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))})

_CALLBACKS = ("card.action.trigger", "url.preview.get", "oauth_redirect")


class Logged(NamedTuple):
    """A line that the plugin has logged with ``log``."""

    level: str
    message: str


class LarkCall(NamedTuple):
    """A call of Lark's OpenAPI that the plugin has made."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    as_user: str | None


class SentRequest(NamedTuple):
    """A request to another service."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    attributes: dict[str, str]


class Failed(NamedTuple):
    """What the host is told of a failure."""

    message: str
    again: bool
    after_ms: int | None


@dataclass(frozen=True)
class Result:
    """What came of a call."""

    _reply: Any
    tasks: list[NewTask]
    #: What the host is told of a failure, if the test expects one with ``fails``.
    failure: Failed | None

    @property
    def reply(self) -> Any:
        """The reply as JSON, ``"none"`` or ``"pass"``. After a failure there is none."""
        if self.failure is not None:
            raise AssertionError(f"there is no reply, because the plugin failed: {self.failure.message}")
        return self._reply


def failure(tag: str, message: str = "", after_ms: int | None = None) -> BorderError:
    """An error of the host, to be given as an answer: ``failure("retry", "busy")`` for Lark, ``"unreachable"`` for services."""
    _answers.check_failure(tag, after_ms)
    return BorderError(tag, message, after_ms)


def rejection(code: int, msg: str = "", status: int = 400) -> BorderError:
    """An answer of Lark's to an upload or a download, to be given to ``fail_media``."""
    return BorderError("rejected", msg, code=code, status=status)


class FakeHost:
    """A host in memory. Its clock stands still; calls are recorded, and answered as the test says.

    The last one that was made serves the plugin.
    """

    def __init__(
        self,
        config: dict[str, Any] | None = None,
        kv: dict[str, Any] | None = None,
        now_ms: int = 1_704_067_200_000,
        limits: dict[str, int] | None = None,
        **unknown: NoReturn,
    ) -> None:
        check_names("FakeHost", unknown, ("config", "kv", "now_ms", "limits"), "option")
        check_is("config", {} if config is None else config, dict)
        check_is("kv", {} if kv is None else kv, dict)
        #: Values under ``[config]``, as the operator writes them: texts, numbers, booleans, lists and tables.
        self.config = dict(config or {})
        self.now_ms = now_ms
        #: Limits under ``[limits]``: those that the operator has changed, and the server's.
        self.limits = limits_with(limits)
        self.logged: list[Logged] = []
        self.calls: list[LarkCall] = []
        self.requests: list[SentRequest] = []
        #: Sums of the counters, as ``name{label="value"}``.
        self.counted: dict[str, int] = {}
        #: Makes the key-value store unavailable while true.
        self.kv_is_down = False
        self._kv_failures: list[BorderError] = []
        self._stored: dict[str, tuple[bytes, int, int | None]] = {}
        self._version = 0
        self._intruder: tuple[str, Any] | None = None
        self._answers: dict[str, list[tuple[str, list[Any]]]] = {"lark": [], "http": []}
        self._messages = 0
        self._log = SimpleNamespace(Level=_Levels, write=lambda level, message: self.logged.append(Logged(level, message)))
        self._config = SimpleNamespace(get=lambda key: _written(self.config[key]) if key in self.config else None)
        self._kv = _Kv(self)
        self._openapi = _Openapi(self)
        self._http = _Http(self)
        self._oauth = _Oauth()
        self._media = FakeMedia()
        self._metrics = SimpleNamespace(add=self._add, time=lambda name, labels, ms: None)
        for key, value in (kv or {}).items():
            self._put(key, json.dumps(value).encode(), None)
        _border.current = self

    def __setattr__(self, name: str, value: Any) -> None:
        # The last one that is set is there: from then on, a new one is a setting that is misspelt.
        if type(self) is FakeHost and hasattr(self, "_metrics") and not hasattr(self, name):
            check_names("FakeHost", [name], [known for known in vars(self) if not known.startswith("_")], "attribute")
        super().__setattr__(name, value)

    def advance(self, ms: int) -> None:
        """Moves the clock, by which entries of ``kv`` expire."""
        self.now_ms += ms

    def stored(self, key: str) -> Any:
        """The value of a key, as JSON."""
        found = self._alive(key)
        return None if found is None else json.loads(found[0])

    @property
    def keys(self) -> list[str]:
        """All keys, sorted."""
        return sorted(key for key in self._stored if self._alive(key))

    def write_in_between(self, key: str, value: Any) -> None:
        """Simulates a concurrent write, just before the next conditional write to this key."""
        self._intruder = (key, value)

    def answer_lark(self, entry: str, *answers: Any) -> FakeHost:
        """Answers calls of Lark, one after the other and the last one again and again.

        ``"GET /open-apis/…"``, with ``*`` for a part and ``**`` for the rest. An answer is the whole body
        (``{"code": 0, "data": …}``), or a ``failure``.
        """
        _answers.check_entry("answer_lark", entry, ["/"])
        _answers.check_lark(answers)
        self._answers["lark"].append((entry, list(answers)))
        return self

    def answer_http(self, entry: str, *answers: Any) -> FakeHost:
        """Answers requests to another service: ``{"status": 200, "headers": {}, "body": …}``, or ``{"events": […]}``."""
        _answers.check_entry("answer_http", entry, ["http://", "https://"])
        _answers.check_http(answers)
        self._answers["http"].append((entry, list(answers)))
        return self

    def fail_kv(self, *errors: BorderError) -> FakeHost:
        """Has the next calls of the key-value store fail, each with one of these: ``failure("over-limit", "…")``."""
        _answers.check_errors("fail_kv", errors, _cases.KV)
        self._kv_failures.extend(errors)
        return self

    def set_resource(self, message_id: str, file_key: str, content: bytes) -> FakeHost:
        """Puts an image or a file into a message, to be downloaded."""
        self._media.resources[(message_id, file_key)] = content
        return self

    def fail_media(self, *errors: BorderError) -> FakeHost:
        """Has the uploads and downloads that begin next fail, each with a ``failure``, or with a ``rejection`` of Lark's."""
        _answers.check_errors("fail_media", errors, _cases.MEDIA, "rejected")
        self._media.failures.extend(errors)
        return self

    @property
    def uploads(self) -> list[Uploaded]:
        """What was uploaded completely."""
        return self._media.uploads

    def handle(
        self,
        plugin: Plugin,
        event_type: str,
        payload: Any,
        *,
        id: str = "e1",
        app_id: str = "cli_1",
        tenant_key: str = "tenant",
        kind: str | None = None,
        attempt: int = 1,
        fails: bool = False,
        **unknown: NoReturn,
    ) -> Result:
        """Has a plugin handle an event. A failure ends the test, unless the test expects one with ``fails``."""
        __tracebackhide__ = True
        check_names("handle", unknown, ("id", "app_id", "tenant_key", "kind", "attempt", "fails"), "option")
        kind = kind or ("callback" if event_type in _CALLBACKS else "event")
        check_one_of("kind", kind, ("callback", "event"))
        event: LarkEvent[Any] = LarkEvent(
            id=id,
            type=event_type,
            kind=kind,
            schema="2.0",
            app_id=app_id,
            tenant_key=tenant_key,
            create_time_ms=self.now_ms,
            payload=json.loads(json.dumps(payload)),
            attempt=attempt,
            budget_ms=2400,
            attributes={},
        )
        check_scheduled(plugin.schedules, plugin.tasks)
        result = _result(lambda: plugin.answer(event), fails)
        if kind == "callback" and isinstance(result._reply, dict):
            self._refuse("Lark would not take this reply", refused_reply(event_type, json.dumps(result._reply, ensure_ascii=False)))
        return self._with_good_tasks(result)

    def handle_body(self, plugin: Plugin, body: Any, *, attempt: int = 1, fails: bool = False) -> Result:
        """Has a plugin handle a whole body as Lark sends it, such as a file of ``fixtures/``."""
        __tracebackhide__ = True
        header = body["header"]
        return self.handle(
            plugin,
            header["event_type"],
            body["event"],
            id=header["event_id"],
            app_id=header["app_id"],
            tenant_key=header.get("tenant_key", ""),
            attempt=attempt,
            fails=fails,
        )

    def run(self, plugin: Plugin, name: str, payload: Any = None, attempt: int = 1, fails: bool = False) -> Result:
        """Has a plugin run a task. A failure ends the test, unless the test expects one with ``fails``."""
        __tracebackhide__ = True
        task: Task[Any] = Task(
            id="t1",
            name=name,
            payload=json.loads(json.dumps({} if payload is None else payload)),
            requested_by="",
            app_id="cli_1",
            attempt=attempt,
            budget_ms=60_000,
            scheduled_at_ms=None,
            attributes={},
        )
        check_scheduled(plugin.schedules, plugin.tasks)
        return self._with_good_tasks(_result(lambda: plugin.answer(task), fails))

    def _with_good_tasks(self, result: Result) -> Result:
        __tracebackhide__ = True
        self._refuse("a server would refuse the tasks", refused_tasks(self.limits, result.tasks))
        return result

    def _refuse(self, what: str, said: str | None) -> None:
        __tracebackhide__ = True
        if said is not None:
            raise AssertionError(f"{what}: {said}")

    def _alive(self, key: str) -> tuple[bytes, int, int | None] | None:
        found = self._stored.get(key)
        return None if found is None or (found[2] is not None and self.now_ms >= found[2]) else found

    def _put(self, key: str, value: bytes, ttl_ms: int | None) -> int:
        self._version += 1
        self._stored[key] = (value, self._version, None if ttl_ms is None else self.now_ms + ttl_ms)
        return self._version

    def _add(self, name: str, labels: list[tuple[str, str]], amount: int) -> None:
        shown = ",".join(f'{label}="{value}"' for label, value in labels)
        shown = f"{name}{{{shown}}}" if shown else name
        self.counted[shown] = self.counted.get(shown, 0) + amount

    def _next(self, of: str, method: str, place: str) -> Any:
        answers = next((answers for entry, answers in self._answers[of] if _covers(entry, method, place)), None)
        answer = None if not answers else answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Levels:
    DEBUG, INFO, WARN, ERROR = "debug", "info", "warn", "error"


class _Kv:
    def __init__(self, host: FakeHost) -> None:
        self._host = host

    def _check(self, refused: str | None) -> None:
        if refused is not None:
            raise BorderError("over-limit", refused)
        if self._host._kv_failures:
            raise self._host._kv_failures.pop(0)
        if self._host.kv_is_down:
            raise BorderError("unavailable", "the test took it away")

    def _check_write(self, key: str, value: bytes) -> None:
        others = [(other, len(held[0])) for other in self._host.keys if other != key and (held := self._host._alive(other))]
        self._check(refused_value(self._host.limits, key, len(value), others))

    def get(self, key: str) -> Any:
        self._check(refused_key(key))
        found = self._host._alive(key)
        return None if found is None else SimpleNamespace(value=found[0], version=found[1])

    def set(self, key: str, value: bytes, ttl_ms: int | None) -> int:
        self._check_write(key, value)
        return self._host._put(key, value, ttl_ms)

    def compare_and_set(self, key: str, expected: int | None, value: bytes, ttl_ms: int | None) -> int | None:
        self._check_write(key, value)
        intruder = self._host._intruder
        if intruder is not None and intruder[0] == key:
            self._host._put(key, json.dumps(intruder[1]).encode(), None)
            self._host._intruder = None
        found = self._host._alive(key)
        return self._host._put(key, value, ttl_ms) if (found and found[1]) == expected else None

    def delete(self, key: str) -> bool:
        self._check(refused_key(key))
        was = self._host._alive(key) is not None
        self._host._stored.pop(key, None)
        return was

    def list_keys(self, prefix: str, after: str | None, limit: int) -> list[str]:
        self._check(refused_key(prefix, True) or refused_key(after or "", True))
        return [key for key in self._host.keys if key.startswith(prefix) and (after is None or key > after)][:limit]


class _Openapi:
    Request = staticmethod(lambda *given: SimpleNamespace(**dict(zip(_LARK_FIELDS, given))))
    Identity_App = staticmethod(lambda: None)
    Identity_User = staticmethod(lambda open_id: open_id)

    def __init__(self, host: FakeHost) -> None:
        self._host = host

    def call(self, asked: Any) -> Any:
        refused = None if asked.body is None else refused_request(asked.method, asked.path, asked.body)
        if refused is not None:
            raise BorderError("refused", refused)
        body = None if asked.body is None else json.loads(asked.body)
        self._host.calls.append(LarkCall(asked.method, asked.path, dict(asked.query), body, asked.identity))
        answer = self._host._next("lark", asked.method, asked.path)
        if answer is None:
            sent = asked.method == "POST" and re.fullmatch(r"/open-apis/im/v1/messages(/[^/]+/reply)?", asked.path)
            self._host._messages += 1 if sent else 0
            data: dict[str, str] = {"message_id": f"om_{self._host._messages}"} if sent else {}
            if (asked.method, asked.path) == ("POST", "/open-apis/cardkit/v1/cards"):
                data = {"card_id": "card_1"}
            answer = {"code": 0, "msg": "success", "data": data}
        return SimpleNamespace(status=200, body=json.dumps(answer), log_id=None)


_LARK_FIELDS = ("identity", "method", "path", "query", "body", "attributes")


class _Http:
    Request = staticmethod(lambda *given: SimpleNamespace(**dict(zip(_HTTP_FIELDS, given))))

    def __init__(self, host: FakeHost) -> None:
        self._host = host

    def send(self, asked: Any) -> Any:
        headers = {name.lower(): value for name, value in asked.headers}
        sent = SentRequest(asked.method, asked.url, headers, asked.body or b"", dict(asked.attributes))
        self._host.requests.append(sent)
        place = re.split(r"[?#]", asked.url)[0]
        answer = self._host._next("http", asked.method, place)
        said = f"no answer for `{asked.method} {place}` in this test; give one with answer_http"
        return _Served({"status": 404, "body": said} if answer is None else answer)


_HTTP_FIELDS = ("method", "url", "headers", "body", "attributes")


class _Served:
    def __init__(self, answer: dict[str, Any]) -> None:
        self._status = answer.get("status", 200)
        events, body = answer.get("events"), answer.get("body", "")
        text = "text/plain" if isinstance(body, str) else "application/json"
        self._headers = {"content-type": text if events is None else "text/event-stream", **answer.get("headers", {})}
        texts = [_written(body)] if events is None else [f"data: {_written(event)}\n\n" for event in events]
        self._parts = [text.encode() for text in texts if text]

    def status(self) -> int:
        return self._status

    def headers(self) -> list[tuple[str, str]]:
        return [(name.lower(), value) for name, value in self._headers.items()]

    def read(self, bytes_max: int) -> bytes:
        return self._parts.pop(0) if self._parts else b""

    def __exit__(self, *_: object) -> None:
        self._parts = []


class _Oauth:
    def begin(self, scopes: list[str]) -> Any:
        return SimpleNamespace(url=f"https://accounts.example.com/?scope={'+'.join(scopes)}", state="state", ticket="ticket")

    def exchange(self, code: str, ticket: str, open_id: str) -> Any:
        return SimpleNamespace(open_id=open_id, union_id=None, name="Anna")

    def status(self, open_id: str) -> Any:
        return None

    def forget(self, open_id: str) -> bool:
        return False


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _covers(entry: str, method: str, place: str) -> bool:
    """``*`` stands for any method and for a part of a path, ``**`` at the end for the rest."""
    wanted, _, pattern = entry.partition(" ")
    rest = pattern.endswith("**")
    quoted = re.escape(pattern.removesuffix("**")).replace(r"\*", "[^/]*") + (".*" if rest else "")
    return wanted in ("*", method) and re.fullmatch(quoted, place) is not None


def _result(call: Callable[[], Written], fails: bool) -> Result:
    __tracebackhide__ = True
    failed: Exception | None = None
    result = Result(None, [], None)
    with warnings.catch_warnings(record=True) as told:
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        try:
            with _called.limited():
                answer = call()
            result = _crossed(answer)
        except _called.Stuck as stuck:
            where = _place_of(stuck) or "in code that is not the plugin's"
            said = f"the plugin has been busy for {_called.seconds_max():g} s, and is at {where}: a loop without end?"
            raise AssertionError(f"{said} In the sandbox a call has half a second of CPU time") from stuck
        except Exception as error:
            failed = error
    lost = [warning for warning in told if "was never awaited" in str(warning.message)]
    for warning in told:
        if warning not in lost:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if lost:
        # In the sandbox there is no loop of events either: what it would have done is not done.
        where = _named(lost[0].filename, lost[0].lineno)
        raise AssertionError(f"{lost[0].message}, and nothing runs it here: make it a plain function, at {where}") from failed
    if failed is None:
        if fails:
            raise AssertionError("the plugin did not fail, and the test expects it with fails=True")
        return result
    message = describe(failed)
    if not fails:
        place = _place_of(failed)
        where = "" if place is None else f" at {place}"
        raise AssertionError(f"the plugin failed: {message}{where}\n(a test that expects it says so with fails=True)") from failed
    again, after_ms = verdict(failed)
    return Result(None, [], Failed(message, again, after_ms))


def _crossed(answer: Written) -> Result:
    """What came of a call, in the form in which it crosses the border."""
    return Result(json.loads(answer.reply) if answer.is_json else answer.reply, [task for task, _ in answer.tasks], None)


def _place_of(error: BaseException) -> str | None:
    """The innermost place of an error in the author's own files, as ``src/plugin.py:8 in pick``."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(("<", *_FOREIGN)):
            return f"{_named(frame.filename, frame.lineno)} in {frame.name}"
    return None


def _named(file: str, line: int | None) -> str:
    return f"{file.removeprefix(f'{Path.cwd()}/')}:{line}"


def click(value: Any, open_id: str = "ou_anna", form: dict[str, Any] | None = None) -> dict[str, Any]:
    """A click on a button with this value."""
    action = {"tag": "button", "value": value} | ({} if form is None else {"form_value": form, "name": "submit"})
    return {
        "operator": {"open_id": open_id},
        "token": "c-1",
        "host": "im_message",
        "action": action,
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_chat"},
    }


def text_message(text: str, open_id: str = "ou_anna", mentions_bot: bool = False) -> dict[str, Any]:
    """A text message; with ``mentions_bot`` it begins with a mention of the bot."""
    bot = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "Bot", "mentioned_type": "bot"}
    return {
        "sender": {"sender_id": {"open_id": open_id}, "sender_type": "user", "tenant_key": "tenant"},
        "message": {
            "message_id": "om_1",
            "chat_id": "oc_chat",
            "chat_type": "group" if mentions_bot else "p2p",
            "message_type": "text",
            "create_time": "1704067200000",
            "content": json.dumps({"text": f"@_user_1 {text}" if mentions_bot else text}),
            "mentions": [bot] if mentions_bot else [],
        },
    }


def link(url: str, open_id: str = "ou_anna") -> dict[str, Any]:
    """A link that is to be previewed."""
    context = {"url": url, "open_message_id": "om_1", "open_chat_id": "oc_chat"}
    return {"operator": {"open_id": open_id}, "host": "im_message", "context": context}
