"""The exports of a component, made of a plugin: not for authors, the build uses it."""

from __future__ import annotations

import encodings.ascii
import encodings.big5
import encodings.gb18030
import encodings.gbk
import encodings.idna
import encodings.latin_1
import encodings.utf_8_sig
import encodings.utf_16  # noqa: F401 - an encoding is a module, and there are none to be found when a call runs
import importlib
import json
import sys
import warnings
from typing import Any, Callable

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.handler import Description, Want
from wit_world.imports import types as wit

from . import _border, _trace, log
from ._absent import LATER
from ._declared import check_scheduled
from ._recursion import recursion_max
from ._returned import Written
from .failure import Failure, Permanent, describe, verdict
from .plugin import LarkEvent, Plugin, Task


def handler_of(plugin: Plugin, name: str, version: str, folders: dict[str, str]) -> type:
    """The class that a component exports; the folders of the author's files in it have the names that they had in the project."""
    _trace.know(folders)

    class Handler(exports.Handler):
        def describe(self) -> Description:
            _border.is_called = True
            wants = [Want(want.kind, want.value, want.reason) for want in plugin.wants]
            return Description(
                plugin.name or name,
                plugin.version or version,
                list(plugin.events),
                wants,
                plugin.finishes_late,
                attributes(plugin),
            )

        def handle(self, event: wit.Event) -> wit.Outcome:
            return _answered(plugin, lambda: _event(event))

        def run(self, task: wit.Task) -> wit.Outcome:
            return _answered(plugin, lambda: _task(task))

    check_scheduled(plugin.schedules, plugin.tasks)
    for module, later in LATER.items():
        for name in later if module in sys.modules else ():
            importlib.import_module(name)
    # The plugin's modules have run, and may have chosen their own.
    sys.setrecursionlimit(recursion_max())
    if "logging" in sys.modules:
        _take_logging(sys.modules["logging"])
    warnings.showwarning = _warned
    return Handler


def attributes(plugin: Plugin) -> list[tuple[str, str]]:
    """The attributes of the description."""
    found: list[tuple[str, str]] = []
    if plugin.ordering_key is not None:
        found.append(("ordering-key", plugin.ordering_key))
    for schedule in plugin.schedules:
        fields = schedule._asdict()
        fields["payload"] = {} if schedule.payload is None else schedule.payload
        found.append(("schedule", json.dumps(fields)))
    for want in plugin.wants:
        if want.kind == "config" and want.type is not None:
            found.append(("config", json.dumps({"key": want.value, "type": want.type})))
    return found


def _answered(plugin: Plugin, asked: Callable[[], LarkEvent[Any] | Task[Any]]) -> wit.Outcome:
    _border.is_called = True
    try:
        return _to_border(plugin.answer(asked()))
    except Exception as error:
        again, after_ms = verdict(error)
        message = describe(error)
        if not isinstance(error, Failure):
            message = _trace.placed(message, error)
            for line in _trace.lines(error):
                log.error(line)
        raise Err(wit.Failure_Retry(wit.RetryLater(message, after_ms)) if again else wit.Failure_Permanent(message)) from None


def _event(event: Any) -> LarkEvent[Any]:
    return LarkEvent(
        id=event.id,
        type=event.event_type,
        kind=event.kind.name.lower(),
        schema=event.schema,
        app_id=event.app_id,
        tenant_key=event.tenant_key,
        create_time_ms=event.create_time_ms,
        payload=_read(event.payload),
        attempt=event.attempt,
        budget_ms=event.budget_ms,
        attributes=dict(event.attributes),
    )


def _task(task: Any) -> Task[Any]:
    known = dict(task.attributes)
    scheduled = known.get("scheduled-at-ms")
    return Task(
        id=task.id,
        name=task.name,
        payload=_read(task.payload),
        requested_by=task.requested_by,
        app_id=task.app_id,
        attempt=task.attempt,
        budget_ms=task.budget_ms,
        scheduled_at_ms=None if scheduled is None else int(scheduled),
        attributes=known,
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise Permanent("the payload is not JSON") from None


def _to_border(answer: Written) -> wit.Outcome:
    reply: Any = wit.Reply_Json(answer.reply)
    if not answer.is_json:
        reply = wit.Reply_Pass() if answer.reply == "pass" else wit.Reply_None_()
    tasks = [wit.NewTask(task.plugin, task.name, payload, max(0, int(task.delay_ms))) for task, payload in answer.tasks]
    return wit.Outcome(reply, tasks)


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    """Writes a warning of Python's into the log, such as that of a coroutine that was never awaited."""
    log.warn(f"{_trace.own(filename) or filename}:{lineno}: {category.__name__}: {message}")


def _take_logging(logging: Any) -> None:
    """Has the records of ``logging`` end in the operator's log, unless the plugin has set up its own way."""

    class ToHost(logging.Handler):
        def emit(self, record: Any) -> None:
            write = (
                log.error
                if record.levelno >= logging.ERROR
                else log.warn
                if record.levelno >= logging.WARNING
                else log.info
                if record.levelno >= logging.INFO
                else log.debug
            )
            name = "" if record.name == "root" else f"{record.name}: "
            # Within a line, the log has no line ends.
            for line in _trace.named(self.format(record)).splitlines():
                write(name + line)

    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(ToHost())
        if root.level == logging.WARNING:
            root.setLevel(logging.INFO)
