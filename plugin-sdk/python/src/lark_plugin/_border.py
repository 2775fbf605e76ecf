"""The interfaces of the host: those of the component, or in tests those of the current ``FakeHost``."""

from __future__ import annotations

import importlib
from typing import Any, Callable, TypeVar

from ._cases import Cases
from .failure import HostError, Rejected

T = TypeVar("T")

#: The host of the running test.
current: Any = None

#: Whether the component is called. While it is built there is nobody who could answer, and its tool ends without a word.
is_called = False


class BorderError(Exception):
    """An error as the host of a test raises it."""

    def __init__(self, tag: str, message: str = "", after_ms: int | None = None, code: int | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.tag = tag
        self.message = message
        self.after_ms = after_ms
        #: Of an answer of Lark's.
        self.code = code
        self.status = status


class _OfCurrent:
    """An interface of whatever host is the current one when a function is called."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, function: str) -> Any:
        if current is None:
            raise RuntimeError("there is no host: make one with lark_plugin.testing.FakeHost()")
        return getattr(getattr(current, f"_{self._name}"), function)


class _OfComponent:
    """An interface of the host that calls the component."""

    def __init__(self, name: str, module: Any) -> None:
        self._name = name
        self._module = module

    def __getattr__(self, function: str) -> Any:
        if not is_called:
            raise RuntimeError(
                f"{self._name}.{function} is used outside of functions: this runs while the plugin is built, where there is no "
                "host; move it into a function"
            )
        return getattr(self._module, function)


def imported(name: str) -> Any:
    """The interface of this name."""
    try:
        return _OfComponent(name, importlib.import_module(f"wit_world.imports.{name}"))
    except ModuleNotFoundError:
        return _OfCurrent(name)


def ask(cases: Cases, call: Callable[..., T], *given: Any) -> T:
    """Makes a call of the host, and turns what it raises into an error with a sentence."""
    try:
        return call(*given)
    except BorderError as error:
        if error.code is not None:
            raise Rejected(error.status, error.code, error.message, None) from None
        raise _understood(cases, error.tag, error.message, error.after_ms) from None
    except Exception as error:
        value = getattr(error, "value", None)
        kind = type(value).__name__
        if type(error).__name__ != "Err" or not kind.startswith("Error_"):
            raise
        # `Error_NotGranted` is the case `not-granted`.
        letters = (f"-{letter.lower()}" if letter.isupper() else letter for letter in kind[len("Error_") :])
        tag = "".join(letters).lstrip("-")
        detail = getattr(value, "value", "")
        if tag == "rejected":
            raise Rejected(detail.status, detail.code, detail.msg, detail.log_id) from None
        message = detail if isinstance(detail, str) else detail.message
        raise _understood(cases, tag, message, getattr(detail, "after_ms", None)) from None


def _understood(cases: Cases, tag: str, message: str, after_ms: int | None) -> HostError:
    said, again = cases.get(tag, (tag, False))
    return HostError(tag, f"{said}: {message}" if message else said, again, after_ms)
