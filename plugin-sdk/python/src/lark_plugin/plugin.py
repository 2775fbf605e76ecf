"""The declaration of a plugin: which events it handles, and what it needs."""

from __future__ import annotations

import json
from typing import Any, Callable, Generic, Literal, NamedTuple, TypeVar

from . import _declared
from ._returned import Written, written
from .failure import Permanent
from .reply import Outcome

P = TypeVar("P")


class LarkEvent(Generic[P]):
    """One event that Lark sent, verified and decrypted by the host."""

    #: Lark's id, unique per application. Use it as the key for anything that must happen only once.
    id: str
    #: Lark's event type, for example ``card.action.trigger``.
    type: str
    #: A request whose reply the user sees, or a notification.
    kind: Literal["callback", "event"]
    #: ``2.0``, ``1.0``, ``card-v1`` or ``redirect``.
    schema: str
    app_id: str
    tenant_key: str
    #: In milliseconds since 1970; 0 when Lark sent none.
    create_time_ms: int
    #: The ``event`` object. It may hold message texts and card tokens: do not log it.
    payload: P
    #: The number of this attempt; 1 for the first.
    attempt: int
    #: The time budget of this call, in milliseconds.
    budget_ms: int
    attributes: dict[str, str]

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class Task(Generic[P]):
    """A task that is due."""

    #: Stays the same when the task is retried.
    id: str
    name: str
    payload: P
    #: The plugin that scheduled it; empty for a task from the operator.
    requested_by: str
    app_id: str
    attempt: int
    budget_ms: int
    #: The time for which a schedule runs it, in milliseconds since 1970.
    scheduled_at_ms: int | None
    attributes: dict[str, str]

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class Want(NamedTuple):
    """A requirement that the operator must meet; without it the plugin is not loaded."""

    #: ``config``, or a list under ``[grant]``: ``openapi``, ``openapi_as_user``, ``oauth``, ``http``, ``http_private``, ``tasks``.
    kind: str
    #: The key, or the entry of the list.
    value: str
    #: The reason, shown to the operator.
    reason: str
    #: Of a key under ``[config]``: ``text``, ``integer``, ``number``, ``boolean``, ``list`` or ``table``. With a value of another
    #: type the plugin is not loaded.
    type: str | None = None


class Schedule(NamedTuple):
    """A task that runs by itself at certain times."""

    task: str
    #: Minute, hour, day of the month, month and day of the week, as in a crontab.
    at: str
    zone: str = "UTC"
    payload: Any = None
    #: The age up to which a missed time is made up for.
    late_ms_max: int = 3_600_000


#: The plugin that was called last.
_called: Plugin | None = None


def wanted_type(key: str) -> str | None:
    """The type of a value under ``[config]`` that the plugin names in its ``wants``."""
    wants = [] if _called is None else _called.wants
    return next((want.type for want in wants if want.kind == "config" and want.value == key), None)


EventHandler = Callable[[Any], "Outcome | None"]
H = TypeVar("H", bound=EventHandler)


class Plugin:
    """A plugin: its handlers, and what it needs.

    >>> plugin = Plugin()
    >>> @plugin.on("im.message.receive_v1")
    ... def received(event):
    ...     print(event.payload["message"]["message_type"])
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        version: str | None = None,
        wants: list[Want] | None = None,
        finishes_late: bool = False,
        ordering_key: str | None = None,
        schedules: list[Schedule] | None = None,
    ) -> None:
        _declared.check_texts(name=name, version=version, ordering_key=ordering_key)
        _declared.check_is("finishes_late", finishes_late, bool)
        #: The display name; the project's name when absent.
        self.name = name
        #: The displayed version; the project's version when absent.
        self.version = version
        #: Configuration and grants that the plugin requires.
        self.wants = wants or []
        #: True when a call that exceeds its budget may continue; a click is then answered with "working on it" at first.
        self.finishes_late = finishes_late
        #: A JSON pointer into the payload: events with the same value there are handled one at a time, in order.
        self.ordering_key = ordering_key
        self.schedules = schedules or []
        _declared.check_all_are("wants", self.wants, Want)
        for at, want in enumerate(self.wants):
            _declared.check_want(f"wants[{at}]", want)
        _declared.check_all_are("schedules", self.schedules, Schedule)
        for at, schedule in enumerate(self.schedules):
            _declared.check_schedule(f"schedules[{at}]", schedule)
        self.events: dict[str, EventHandler] = {}
        self.tasks: dict[str, EventHandler] = {}

    def on(self, *event_types: str) -> Callable[[H], H]:
        """Handles these event types; ``*`` gets every type that no plugin lists by name. No result means ``DONE``."""

        for event_type in event_types:
            # Without parentheses the decorator gets the handler.
            if not isinstance(event_type, str):
                raise TypeError('on() takes event types: @plugin.on("im.message.receive_v1")')

        def add(handler: H) -> H:
            _declared.check_handler(handler)
            for event_type in event_types:
                if event_type in self.events:
                    raise ValueError(f"two handlers for {event_type}")
                self.events[event_type] = handler
            return handler

        return add

    def task(self, name: str) -> Callable[[H], H]:
        """Runs the tasks of this name."""

        if not isinstance(name, str):
            raise TypeError('task() takes the name of a task: @plugin.task("report")')

        def add(handler: H) -> H:
            _declared.check_handler(handler)
            if name in self.tasks:
                raise ValueError(f"two handlers for the task {name}")
            self.tasks[name] = handler
            return handler

        return add

    def handle(self, event: LarkEvent[Any]) -> Outcome:
        """What the handler of an event makes of it."""
        return self.answer(event).outcome

    def run(self, task: Task[Any]) -> Outcome:
        """What the handler of a task makes of it."""
        return self.answer(task).outcome

    def answer(self, asked: LarkEvent[Any] | Task[Any]) -> Written:
        """What a handler makes of an event or a task, as it crosses the border."""
        global _called
        _called = self
        if isinstance(asked, Task):
            handler = self.tasks.get(asked.name)
            if handler is None:
                raise Permanent(_declared.unknown_task(asked.name, self.tasks))
            return self._with_known_tasks(written(f"the task {_quoted(asked.name)}", handler(asked)))
        name = asked.type if asked.type in self.events else "*"
        handler = self.events.get(name)
        if handler is None:
            raise Permanent(f"there is no handler for the event type {asked.type!r}")
        return self._with_known_tasks(written(_quoted(name), handler(asked)))

    def _with_known_tasks(self, returned: Written) -> Written:
        for task in returned.outcome.tasks:
            # One for another plugin is that plugin's to know.
            if task.plugin is None and task.name not in self.tasks:
                raise Permanent(_declared.unknown_task(task.name, self.tasks))
        return returned


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
