"""The limits of a call in a test: those of the sandbox that a test would pass by, and an end for what has none."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import FrameType
from typing import Any, Iterator

from ._absent import refused
from ._recursion import recursion_max

#: Seconds of CPU time after which a call is stuck. One in the sandbox has half a second.
_SECONDS_MAX = 10.0


#: Calls between this module and a handler that the sandbox has not: with them, a handler can go exactly as deep.
_MORE = 3


class Stuck(BaseException):
    """The end of a call that goes on and on; no ``except Exception`` of a plugin takes it for its own."""


def seconds_max() -> float:
    """The limit of a call in a test."""
    return float(os.environ.get("LARK_PLUGIN_BUSY_SECONDS_MAX") or _SECONDS_MAX)


@contextmanager
def limited() -> Iterator[None]:
    """Runs a call as deep as the sandbox lets it, and no longer than a test should wait."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_depth() + recursion_max() + _MORE)
    try:
        with _watched(), _without_environment(), _alone():
            yield
    finally:
        sys.setrecursionlimit(before)


def _depth() -> int:
    """The calls that are there already: the runner of tests has many."""
    depth, frame = 0, sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


#: Whether a call runs, in the thread that it runs in.
_running = threading.local()

_is_heard = False


def _hear(event: str, given: tuple[Any, ...]) -> None:
    if getattr(_running, "is_call", False):
        error = refused(event, given)
        if error is not None:
            raise error


@contextmanager
def _alone() -> Iterator[None]:
    """Without what the sandbox lacks: files, threads, sockets and other programs."""
    global _is_heard
    if not _is_heard:
        # There is no way to stop hearing.
        _is_heard = True
        sys.addaudithook(_hear)
    _running.is_call = True
    start = threading.Thread.start
    # Python tells of a new thread from 3.12 on.
    threading.Thread.start = _start_none  # type: ignore[method-assign]
    try:
        yield
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
        _running.is_call = False


def _start_none(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@contextmanager
def _without_environment() -> Iterator[None]:
    """Without variables, and with the time zone of the sandbox."""
    before = dict(os.environ)
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    os.environ.clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        if hasattr(time, "tzset"):
            time.tzset()


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
