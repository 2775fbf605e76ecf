"""The values under ``[config]`` in the operator's file beside the plugin."""

from __future__ import annotations

from ._border import imported
from .failure import Permanent

_config = imported("config")


def get(key: str, default: str | None = None) -> str | None:
    """Text as it is and other values as JSON; the default when the key is not set."""
    value: str | None = _config.get(key)
    return default if value is None else value


def require(key: str) -> str:
    """A required value. List the key in ``wants`` too, so that the plugin is not loaded without it."""
    value = get(key)
    if value is None:
        raise Permanent(f"{key} is not set under [config]")
    return value
