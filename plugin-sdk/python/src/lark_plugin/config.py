"""The values under ``[config]`` in the operator's file beside the plugin."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from ._border import imported
from ._declared import check_is
from .failure import Permanent
from .plugin import wanted_type

_config = imported("config")


def get(key: str, default: str | None = None) -> str | None:
    """Text exactly as the operator wrote it, and other values as JSON; the default when the key is not set."""
    check_is("a key", key, str)
    value: str | None = _config.get(key)
    return default if value is None else value


def read(key: str, default: Any = None) -> Any:
    """A value that is not a text: a number, a boolean, a list or a table; the default when the key is not set.

    The host gives texts as they are and the rest as JSON, so ``"true"`` and ``true`` look the same here. The ``type`` that
    ``wants`` names decides: with ``text`` the text is returned as it is. Without a type, whatever can be read as JSON is, also the
    texts ``"true"``, ``"7"`` and ``"[1]"``; use ``get`` for texts. A number that would lose digits (``1.10``), or is larger than
    TOML has them, stays a text.
    """
    value = get(key)
    if value is None:
        return default
    if wanted_type(key) == "text":
        return value
    try:
        return json.loads(value, parse_int=_integer, parse_float=_number, parse_constant=_refused)
    except ValueError:
        return value  # a text is not written as JSON


def _integer(written: str) -> int | str:
    number = int(written)
    return number if -(2**63) <= number < 2**63 else written


def _number(written: str) -> float | str:
    number = float(written)
    return number if Decimal(repr(number)).as_tuple() == Decimal(written).as_tuple() else written


def _refused(written: str) -> float:
    # Python takes `NaN` and `Infinity`, which JSON does not have.
    raise ValueError(written)


def require(key: str) -> str:
    """A required value. List the key in ``wants`` too, so that the plugin is not loaded without it."""
    value = get(key)
    if value is None:
        raise Permanent(f"{key} is not set under [config]")
    return value
