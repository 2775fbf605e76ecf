"""Failures: what a handler raises, and what the host makes of it."""

from __future__ import annotations

from ._absent import instead


class Failure(Exception):
    """A failed call. The message is for the log; the user of a callback sees a neutral toast."""

    #: Whether a retry may succeed.
    again: bool = True
    #: The shortest delay before a retry; the host's backoff when absent.
    after_ms: int | None = None


class Retry(Failure):
    """A failure that is retried: with the host's backoff, or after at least this delay."""

    def __init__(self, message: str, after_ms: int | None = None) -> None:
        super().__init__(message)
        self.after_ms = after_ms


class Permanent(Failure):
    """A failure that is not retried."""

    again = False


class HostError(Failure):
    """An error of one of the host's services. Raised out of a handler, it decides by itself whether the call is retried."""

    def __init__(self, code: str, message: str, again: bool, after_ms: int | None = None) -> None:
        super().__init__(message)
        #: The name of the case in the WIT, for example ``not-granted``.
        self.code = code
        self.again = again
        self.after_ms = after_ms


class Unreadable(HostError, ValueError):
    """A response of a service, or a value of the key-value store, that is not JSON. The next attempt would have the same."""

    def __init__(self, message: str) -> None:
        super().__init__("unreadable", message, False)


class Rejected(HostError):
    """An answer of Lark's to an upload or a download, with a ``code`` other than 0."""

    def __init__(self, status: int, lark_code: int, msg: str, log_id: str | None) -> None:
        where = f"status {status}, log id {log_id or '-'}"
        super().__init__("rejected", f"Lark answered with code {lark_code} ({where}): {msg}", False)
        self.status = status
        self.lark_code = lark_code
        self.log_id = log_id


def verdict(error: BaseException) -> tuple[bool, int | None]:
    """Whether the host tries again, and after which delay: most errors are temporary, so by default it does."""
    seen = 0
    cause: BaseException | None = error
    while cause is not None and seen < 10:
        if isinstance(cause, Failure):
            return cause.again, cause.after_ms
        cause, seen = cause.__cause__, seen + 1
    return True, None


def describe(error: BaseException) -> str:
    """The message of an error, with the messages of its causes."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 10:
        text = str(cause)
        hint = None if isinstance(cause, Failure) else instead(cause)
        parts.append(text if isinstance(cause, Failure) else f"{type(cause).__name__}: {text}" if text else type(cause).__name__)
        if hint is not None:
            parts[-1] += f" ({hint})"
        cause = cause.__cause__
    return ": ".join(parts)
