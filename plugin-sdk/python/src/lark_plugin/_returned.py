"""Checks of what a handler has returned: it crosses the border as JSON, and the host could not tell whose it was."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NamedTuple, NoReturn

from .failure import Permanent
from .reply import DONE, NewTask, Outcome

#: Members of a reply in Lark's shape, which is no outcome yet.
_OF_REPLY = ("toast", "card", "inline")

#: Letters of a text that are shown.
_LETTERS_MAX = 60

#: Depth of a reply: a card has its texts eight levels down, and a value that holds itself has no end.
_DEPTH_MAX = 64


class Written(NamedTuple):
    """An outcome as it crosses the border: the reply and the payloads of the tasks as JSON."""

    outcome: Outcome
    reply: str
    is_json: bool
    tasks: list[tuple[NewTask, str]]


def written(handler: str, returned: Any) -> Written:
    """What a handler has returned. What it is of is named, because a plugin has several handlers."""

    def refuse(said: str) -> NoReturn:
        raise Permanent(f"the handler of {handler} returned {said}") from None

    outcome = DONE if returned is None else returned
    if not isinstance(outcome, Outcome):
        is_reply = isinstance(outcome, dict) and any(name in outcome for name in _OF_REPLY)
        hint = "; json_reply(…) makes a reply of it" if is_reply else ""
        refuse(f"{_shown(outcome)}; it returns what toast(), card(), preview(), json_reply(), DONE or PASS give{hint}")
    is_word = outcome.reply in ("none", "pass")
    if not is_word and not isinstance(outcome.reply, dict):
        refuse(f"a reply that is {_shown(outcome.reply)}; a reply is a dict in the shape that Lark documents")

    def text(place: str, value: Any) -> str:
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            path, what = _formless(value, 0) or ("", _shown(value))
            refuse(f"{what} in {place}{path}, and JSON has no form for it")

    reply = outcome.reply if is_word else text("reply", outcome.reply)
    return Written(outcome, reply, not is_word, [_task(f"tasks[{at}]", task, refuse, text) for at, task in enumerate(outcome.tasks)])


def _task(place: str, task: Any, refuse: Any, text: Any) -> tuple[NewTask, str]:
    if not isinstance(task, NewTask):
        refuse(f"{place} that is {_shown(task)}; a task is NewTask(name, payload, delay_ms)")
    is_number = isinstance(task.delay_ms, (int, float)) and isfinite(task.delay_ms)
    for name, is_wanted, wanted in (
        ("name", isinstance(task.name, str), "a text"),
        ("delay_ms", is_number, "a number"),
        ("plugin", task.plugin is None or isinstance(task.plugin, str), "a text"),
    ):
        if not is_wanted:
            refuse(f"{place} whose {name} is {_shown(getattr(task, name))}; it is {wanted}")
    return task, text(f"{place}.payload", {} if task.payload is None else task.payload)


def _formless(value: Any, depth: int) -> tuple[str, str] | None:
    """The path of a value that JSON has no form for, and what it is."""
    if isinstance(value, float) and not isfinite(value):
        return "", _shown(value)
    if value is None or isinstance(value, (str, int, float)):
        return None
    if depth > _DEPTH_MAX:
        return "", "a value that is nested without end"
    if isinstance(value, dict):
        for name in value:
            if name is not None and not isinstance(name, (str, int, float)):
                return "", f"the key {_shown(name)}"
        parts = [(f".{name}", part) for name, part in value.items()]
    elif isinstance(value, (list, tuple)):
        parts = [(f"[{at}]", part) for at, part in enumerate(value)]
    else:
        return "", _shown(value)
    for name, part in parts:
        found = _formless(part, depth + 1)
        if found is not None:
            path, what = found
            # The path of a cycle is as long as the limit, and says nothing.
            return ("" if what.endswith("without end") and depth > 0 else name + path), what
    return None


def _shown(value: Any) -> str:
    """A value as an author knows it again. Of objects the names alone: the values may be of people."""
    kind = type(value).__name__
    if isinstance(value, str):
        return f"the text {json.dumps(value if len(value) <= _LETTERS_MAX else value[:_LETTERS_MAX] + '…', ensure_ascii=False)}"
    if isinstance(value, bool):
        return f"the boolean {json.dumps(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if value is None:
        return "None"
    if kind == "coroutine":
        value.close()
        return "a coroutine, which nothing runs; make it a plain function"
    if kind in ("generator", "async_generator"):
        return "a generator, whose code does not run"
    if callable(value):
        return f"the function {getattr(value, '__name__', kind)}, which is to be called"
    if isinstance(value, dict):
        return f"an object {'with ' + ', '.join(list(map(str, value))[:10]) if value else 'without members'}"
    if kind in ("list", "tuple", "NewTask"):
        return {"list": "a list", "tuple": "a tuple", "NewTask": "a NewTask, which DONE.with_tasks(…) takes"}[kind]
    return f"an object {kind}"
