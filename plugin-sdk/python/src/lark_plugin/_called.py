"""The limits of a call in a test: those of the sandbox that a test would pass by, and an end for what has none."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Any, Iterator

from ._recursion import recursion_max

#: Seconds of CPU time after which a call is stuck. One in the sandbox has half a second.
_SECONDS_MAX = 10.0


class Stuck(BaseException):
    """The end of a call that goes on and on; no ``except Exception`` of a plugin takes it for its own."""


def seconds_max() -> float:
    """The limit of a call in a test."""
    return float(os.environ.get("LARK_PLUGIN_BUSY_SECONDS_MAX") or _SECONDS_MAX)


@contextmanager
def limited() -> Iterator[None]:
    """Runs a call as deep as the sandbox lets it, and no longer than a test should wait."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_depth() + recursion_max())
    try:
        with _watched():
            yield
    finally:
        sys.setrecursionlimit(before)


def _depth() -> int:
    """The calls that are there already: the runner of tests has many."""
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


@contextmanager
def _watched() -> Iterator[None]:
    # Of CPU time, so that a debugger may stop it for as long as somebody looks. Windows has no such clock.
    is_main = threading.current_thread() is threading.main_thread()
    if not (is_main and hasattr(signal, "setitimer") and signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL):
        yield
        return
    signal.signal(signal.SIGVTALRM, _stop)
    # Again and again, in case a bare `except` takes it.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds_max(), 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)


def _stop(_number: int, _frame: FrameType | None, *_: Any) -> None:
    raise Stuck
