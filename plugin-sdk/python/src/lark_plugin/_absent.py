"""What Python has elsewhere and not in the sandbox, and what there is instead."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

#: Modules that others import when they are first used. In the sandbox there is none to be found then, so the build does it.
LATER = {
    "datetime": ("_strptime",),
    "encodings.idna": ("encodings.punycode",),
}

_FILES = "the sandbox has no files: have a text in a module, and what changes in kv"
_THREADS = "the sandbox has no threads: do one after the other, or return with_tasks(NewTask(…)) for what may come later"
_SOCKETS = "the sandbox has no sockets, of which asyncio needs one, too: ask other services with `from lark_plugin import http`"
_PROGRAMS = "the sandbox has no other programs"
_MODULES = "modules are found when the plugin is built, and not in a call: import it at the top of a file"
_ENVIRONMENT = "the sandbox has no environment: read what the operator has set under [config] with config.require(key)"
_ZONES = "the sandbox has no time zones: timezone(timedelta(hours=8)) is that of Shanghai"

_BY_TYPE = {"FileNotFoundError": _FILES, "ZoneInfoNotFoundError": _ZONES}

#: Part of a message, and what is said of it.
_BY_MESSAGE = (
    ("can't start new thread", _THREADS),
    ("cannot import name 'resources'", _ZONES),
    ("concurrent.futures.thread", _THREADS),
    ("does not support processes", _PROGRAMS),
    ("module 'os' has no attribute 'system'", _PROGRAMS),
    ("module 'os' has no attribute 'fork'", _PROGRAMS),
    ("unknown url type: https", _SOCKETS),
    ("No module named '_socket'", _SOCKETS),
    ("No module named '_ssl'", _SOCKETS),
)


def instead(error: BaseException) -> str | None:
    """What there is instead of what an error is about, if it is about something that the sandbox lacks."""
    kind, text = type(error).__name__, str(error)
    by_message = next((said for part, said in _BY_MESSAGE if part in text), None)
    if by_message is not None:
        return by_message
    if kind == "ModuleNotFoundError":
        return _ZONES if "zoneinfo" in text else _MODULES
    if kind == "KeyError" and _goes_through("os", error):
        return _ENVIRONMENT
    if kind == "PermissionError" and _goes_through("socket", error):
        return _SOCKETS
    return _BY_TYPE.get(kind)


def _goes_through(module: str, error: BaseException) -> bool:
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == module:
            return True
        trace = trace.tb_next
    return False


def refused(event: str, given: tuple[Any, ...]) -> Exception | None:
    """The error that a sandbox would raise for what an interpreter is about to do."""
    if event == "open" and isinstance(given[0], (str, bytes)) and not _is_importing():
        return FileNotFoundError(2, "No such file or directory", given[0])
    if event in ("_thread.start_new_thread", "_thread.start_joinable_thread"):
        return RuntimeError("can't start new thread")
    if event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty"):
        return OSError("wasi does not support processes.")
    if event == "socket.__new__":
        return PermissionError(2, "Permission denied")
    return None


def _is_importing() -> bool:
    """Whether a module is being found: one that the SDK needs only in a test is a file like any other."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
