"""Checks of a declaration, in the author's words: the host would name a wrong value in those of the interface."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

KINDS = ("config", "openapi", "openapi_as_user", "oauth", "http", "http_private", "tasks")
TYPES = ("text", "integer", "number", "boolean", "list", "table")

#: What the types are called elsewhere.
_OTHER_NAMES = {
    "str": "text",
    "string": "text",
    "int": "integer",
    "float": "number",
    "decimal": "number",
    "bool": "boolean",
    "array": "list",
    "tuple": "list",
    "dict": "table",
    "object": "table",
}


def check_texts(**texts: Any) -> None:
    """Values that are a text or absent."""
    for name, value in texts.items():
        if value is not None:
            check_is(name, value, str)


def check_is(place: str, value: Any, wanted: type) -> None:
    if not isinstance(value, wanted):
        article = "an" if wanted.__name__[0] in "aeiou" else "a"
        raise TypeError(f"{place} must be {article} {wanted.__name__}, and is {_shown(value)}")


def check_whole(place: str, value: Any) -> None:
    """A whole number that is not negative, or absent. A ``bool`` is one for Python, and none for the host."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise TypeError(f"{place} must be a whole number from 0 on, and is {_shown(value)}")


def check_all_are(name: str, values: Any, wanted: type) -> None:
    """A list of named tuples: a plain tuple looks like one, and has no names."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"{name} must be a list, and is {_shown(values)}")
    for at, value in enumerate(values):
        check_is(f"{name}[{at}]", value, wanted)


def check_want(place: str, want: Any) -> None:
    check_one_of(f"{place}.kind", want.kind, KINDS)
    check_is(f"{place}.value", want.value, str)
    check_is(f"{place}.reason", want.reason, str)
    if want.type is None:
        return
    check_one_of(f"{place}.type", want.type, TYPES)
    if want.kind != "config":
        raise ValueError(f"{place}.type is of a value under [config], and its kind is {want.kind!r}; leave it out")


def check_schedule(place: str, schedule: Any) -> None:
    for name in ("task", "at", "zone"):
        check_is(f"{place}.{name}", getattr(schedule, name), str)
    check_is(f"{place}.late_ms_max", schedule.late_ms_max, int)


def check_scheduled(schedules: Sequence[Any], tasks: Iterable[str]) -> None:
    """Once all handlers are declared: a schedule without one would fail at its time and not before."""
    known = list(tasks)
    for at, schedule in enumerate(schedules):
        if schedule.task not in known:
            hint = _nearest(schedule.task, known) or ""
            raise ValueError(f"schedules[{at}].task is {schedule.task!r}, and no @plugin.task is of that name{hint}")


def unknown_task(name: str, known: Iterable[str]) -> str:
    """What is said of a task that no handler is for."""
    names = "`, `".join(known)
    return f"the plugin does not know the task `{name}`; {f'it knows `{names}`' if names else 'it does no tasks'}"


#: Flags of a function's code: an ``async def``, and one with a ``yield``.
_IS_ASYNC = 0x80 | 0x200


#: One with a ``yield``, whose code does not run when it is called.
_IS_GENERATOR = 0x20


def check_handler(handler: Any) -> None:
    """A plain function: there is no loop of events that would run another."""
    flags = getattr(getattr(handler, "__code__", None), "co_flags", 0)
    if flags & _IS_GENERATOR:
        raise TypeError(f"{handler.__name__}() is a handler, and has a `yield`: its code would not run; return an outcome")
    if flags & _IS_ASYNC:
        raise TypeError(f"{handler.__name__}() is a handler, and must be a plain function: nothing runs what is async; leave `async` out")


def check_names(place: str, given: Iterable[str], known: Sequence[str], called: str = "member") -> None:
    """Names of options or members, of which a misspelt one would be passed over."""
    for name in given:
        if name not in known:
            raise TypeError(f"{place} has no {called} {name}{_nearest(name, known) or '; it may have ' + ', '.join(known)}")


def check_one_of(place: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        hint = _nearest(value, known) or ""
        raise ValueError(f"{place} must be one of {', '.join(map(repr, known))}, and is {_shown(value)}{hint}")


def _nearest(value: Any, known: Sequence[str]) -> str | None:
    """A hint at the name that was meant, if one is much like it."""
    # Only here: a plugin that is right has no use for it.
    from difflib import get_close_matches

    given = _plain(value.__name__ if isinstance(value, type) else str(value))
    plain = {_plain(name): name for name in known}
    near = [_OTHER_NAMES.get(given, "")] + [plain[name] for name in get_close_matches(given, plain, 1)]
    meant = next((name for name in near if name in known), None)
    return None if meant is None else f"; the nearest is {meant!r}"


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _shown(value: Any) -> str:
    return f"the type {value.__name__}" if isinstance(value, type) else repr(value)
