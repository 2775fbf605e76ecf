"""The values under ``[config]`` in the operator's file beside the plugin."""

from __future__ import annotations

import json
from typing import Any

from ._border import imported
from .failure import Permanent

_config = imported("config")


def get(key: str, default: str | None = None) -> str | None:
    """Text as it is and other values as JSON; the default when the key is not set."""
    value: str | None = _config.get(key)
    return default if value is None else value


def read(key: str, default: Any = None) -> Any:
    """A value as the operator wrote it: a number, a list, a table, or a text; the default when the key is not set.

    Name its ``type`` in ``wants``, so that another one is found when the plugin is loaded.
    """
    value = get(key)
    if value is None:
        return default
    try:
        return json.loads(value)
    except ValueError:
        return value  # a text is not written as JSON


def require(key: str) -> str:
    """A required value. List the key in ``wants`` too, so that the plugin is not loaded without it."""
    value = get(key)
    if value is None:
        raise Permanent(f"{key} is not set under [config]")
    return value
