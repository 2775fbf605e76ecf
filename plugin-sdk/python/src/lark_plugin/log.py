"""The operator's log. Never write tokens, message texts or names into it. ``print`` and ``logging`` end there, too."""

from __future__ import annotations

from ._border import imported

_log = imported("log")


def debug(message: str) -> None:
    """Details for debugging the plugin."""
    _log.write(_log.Level.DEBUG, message)


def info(message: str) -> None:
    """Normal operation."""
    _log.write(_log.Level.INFO, message)


def warn(message: str) -> None:
    """Something unexpected, without consequences for users."""
    _log.write(_log.Level.WARN, message)


def error(message: str) -> None:
    """A fault that needs attention."""
    _log.write(_log.Level.ERROR, message)
