"""Checks of what a test has the host answer: what is misspelt would be an answer that no service gives."""

from __future__ import annotations

from typing import Any, Sequence

from . import _cases
from ._border import BorderError
from ._cases import Cases
from ._declared import check_is, check_names, check_one_of

_CANNED = ("status", "headers", "body", "events")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "*")


def check_failure(tag: str, after_ms: int | None) -> None:
    """Holds that there is such a case, and that a delay is one of a retry."""
    known: dict[str, Any] = {**_cases.KV, **_cases.HTTP, **_cases.LARK, **_cases.MEDIA, **_cases.OAUTH}
    check_one_of("the case of a failure", tag, list(known))
    if after_ms is not None and tag != "retry":
        raise TypeError(f"a failure {tag!r} has no delay; one that has is 'retry'")


def check_errors(where: str, errors: Sequence[Any], cases: Cases, *others: str) -> None:
    """Holds that errors are some that these calls of the host can have."""
    for error in errors:
        if not isinstance(error, BorderError):
            raise TypeError(f"an error of {where} is made with failure() or rejection(), and this one is {error!r}")
        check_one_of(f"an error of {where}", error.tag, [*cases, *others])


def check_entry(where: str, entry: str, beginnings: Sequence[str]) -> None:
    """Holds that an entry can cover a call: a method and a place, of which the latter has no query."""
    method, _, place = entry.partition(" ")
    check_one_of(f"the method of {where}", method, _METHODS)
    if not place or any(letter in place for letter in " ?#"):
        raise ValueError(f"an entry of {where} is a method and a place without a query, and this one is {entry!r}")
    if not place.startswith((*beginnings, "*")):
        raise ValueError(f"the place of {where} begins with {' or '.join(beginnings)}, and is {place!r}")


def check_http(answers: Sequence[Any]) -> None:
    """Holds that answers are some of a service."""
    for answer in _some("answer_http", answers, _cases.HTTP):
        check_is("an answer of answer_http", answer, dict)
        check_names("an answer of answer_http", answer, _CANNED)
        check_is("the status of an answer", answer.get("status", 200), int)
        check_is("the headers of an answer", answer.get("headers", {}), dict)
        if "events" in answer and ("body" in answer or not isinstance(answer["events"], (list, tuple))):
            raise TypeError("an answer of answer_http has a body, or a list of events")


def check_lark(answers: Sequence[Any]) -> None:
    """Holds that answers are some of Lark's: with a ``code``, ``msg`` and ``data``, or, of old ones, with nothing of it."""
    for answer in _some("answer_lark", answers, _cases.LARK):
        check_is("an answer of answer_lark", answer, dict)
        if "code" in answer:
            check_is("the code of an answer", answer["code"], int)
        elif answer and ("data" in answer or "msg" in answer or all(name in _CANNED for name in answer)):
            said = f"an answer of answer_lark is the whole body, {{'code': 0, 'data': …}}, and this one has {', '.join(answer)}"
            raise TypeError(f"{said}; a Lark that is not available is failure('retry', '…')")


def _some(where: str, answers: Sequence[Any], cases: Cases) -> list[Any]:
    """Holds that there are answers, and that their errors are those of these calls; returns the others."""
    if not answers:
        raise TypeError(f"{where} has no answer")
    check_errors(where, [answer for answer in answers if isinstance(answer, BaseException)], cases)
    return [answer for answer in answers if not isinstance(answer, BaseException)]
