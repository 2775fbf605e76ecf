"""The plugin's metrics, counted by this server since its start.

A label value is one of a few fixed words, never an id, a person's name or free text.
"""

from __future__ import annotations

from ._border import imported

_metrics = imported("metrics")


def add(name: str, amount: int = 1, **labels: str) -> None:
    """Adds to a counter, exported as ``lark_callback_plugin_NAME_total``."""
    _metrics.add(name, list(labels.items()), amount)


def time(name: str, ms: float, **labels: str) -> None:
    """Records a duration in a histogram, exported as ``lark_callback_plugin_NAME_seconds``."""
    _metrics.time(name, list(labels.items()), max(0, round(ms)))
