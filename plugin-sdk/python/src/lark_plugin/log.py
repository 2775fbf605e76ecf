"""The operator's log. Never write tokens, message texts or names into it. ``print`` and ``logging`` end there, too.

What is no text is written as ``print`` writes it.
"""

from __future__ import annotations

from ._border import imported

_log = imported("log")


def debug(message: object) -> None:
    """Details for debugging the plugin."""
    _log.write(_log.Level.DEBUG, str(message))


def info(message: object) -> None:
    """Normal operation."""
    _log.write(_log.Level.INFO, str(message))


def warn(message: object) -> None:
    """Something unexpected, without consequences for users."""
    _log.write(_log.Level.WARN, str(message))


def error(message: object) -> None:
    """A fault that needs attention."""
    _log.write(_log.Level.ERROR, str(message))
