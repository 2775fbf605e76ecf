"""A durable key-value store private to this plugin; a write is on disk when the call returns. Values are JSON, or bytes."""

from __future__ import annotations

import json
from typing import Any, Callable, NamedTuple

from ._border import ask, imported
from ._cases import KV
from ._declared import check_is, check_whole
from .failure import Permanent, Retry, Unreadable

_kv = imported("kv")

#: Conflicts after which ``update`` gives up; the call's time budget usually ends first.
_UPDATE_TRIES_MAX = 1000

#: Keys per page; also the host's own limit.
_LIST_PAGE_KEYS = 1000


class Entry(NamedTuple):
    """A value and its version, which changes with every write of the key and is never 0."""

    value: Any
    version: int


def get_bytes(key: str) -> Entry | None:
    """The bytes under a key; ``None`` when there is no entry, or when it has expired."""
    check_is("a key", key, str)
    found = ask(KV, _kv.get, key)
    return None if found is None else Entry(bytes(found.value), found.version)


def set_bytes(key: str, value: bytes, ttl_ms: int | None = None) -> int:
    """Writes bytes unconditionally and returns the new version."""
    check_is("a key", key, str)
    check_is("the value for set_bytes", value, bytes)
    check_whole("ttl_ms", ttl_ms)
    return ask(KV, _kv.set, key, value, ttl_ms)


def entry(key: str) -> Entry | None:
    """The value under a key with its version, read as JSON."""
    found = get_bytes(key)
    return None if found is None else Entry(_read(key, found.value), found.version)


def get(key: str, default: Any = None) -> Any:
    """The value under a key, read as JSON."""
    found = entry(key)
    return default if found is None else found.value


def set(key: str, value: Any, ttl_ms: int | None = None) -> int:
    """Writes a value as JSON unconditionally and returns the new version."""
    return set_bytes(key, _written(key, value), ttl_ms)


def compare_and_set(key: str, expected: int | None, value: Any, ttl_ms: int | None = None) -> int | None:
    """Writes a value as JSON only if the key still has this version (``None``: only if the key does not exist).

    Returns the new version, or ``None`` when another write came first.
    """
    check_is("a key", key, str)
    check_whole("expected", expected)
    check_whole("ttl_ms", ttl_ms)
    return ask(KV, _kv.compare_and_set, key, expected, _written(key, value), ttl_ms)


def update(key: str, change: Callable[[Any], Any], default: Any = None, ttl_ms: int | None = None) -> Any:
    """Updates a value atomically and returns it.

    ``change`` gets the current value, or the default, and returns the new one; it is called again when another write came
    first. When it returns ``None``, nothing is written.
    """
    for _ in range(_UPDATE_TRIES_MAX):
        found = entry(key)
        value = change(default if found is None else found.value)
        if value is None:
            return None
        if compare_and_set(key, None if found is None else found.version, value, ttl_ms) is not None:
            return value
    raise Retry(f"the value under {key!r} changed {_UPDATE_TRIES_MAX} times while it was being updated")


def delete(key: str) -> bool:
    """Deletes a key and returns whether it existed."""
    check_is("a key", key, str)
    return ask(KV, _kv.delete, key)


def keys(prefix: str = "") -> list[str]:
    """All keys that start with ``prefix``, in byte order."""
    check_is("a prefix", prefix, str)
    found: list[str] = []
    while True:
        page = ask(KV, _kv.list_keys, prefix, found[-1] if found else None, _LIST_PAGE_KEYS)
        found.extend(page)
        if len(page) < _LIST_PAGE_KEYS:
            return found


def _read(key: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        # The next attempt would read the same.
        raise Unreadable(f"the value under {key!r} is not JSON: {error}") from None


def _written(key: str, value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise Permanent(f"the value for {key!r} has no JSON form") from error
