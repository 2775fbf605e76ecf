"""The plugin's metrics, counted by this server since its start.

A label value is one of a few fixed words, never an id, a person's name or free text.
"""

from __future__ import annotations

from ._border import imported
from ._declared import check_is, check_whole

_metrics = imported("metrics")


def add(name: str, amount: int = 1, **labels: object) -> None:
    """Adds to a counter, exported as ``lark_callback_plugin_NAME_total``."""
    check_is("the name of a metric", name, str)
    check_whole("amount", amount)
    _metrics.add(name, _texts(labels), amount)


def time(name: str, ms: float, **labels: object) -> None:
    """Records a duration in a histogram, exported as ``lark_callback_plugin_NAME_seconds``."""
    check_is("the name of a metric", name, str)
    _metrics.time(name, _texts(labels), max(0, round(ms)))


def _texts(labels: dict[str, object]) -> list[tuple[str, str]]:
    # What crosses to the host as another type ends the call without a line.
    return [(name, str(value)) for name, value in labels.items()]
