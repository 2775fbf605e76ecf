"""User authorization. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can open."""

from __future__ import annotations

from typing import Any

from ._border import Cases, ask, imported

_oauth = imported("oauth")

_CASES: Cases = {
    "not-granted": ("the operator has not granted this authorization", False),
    "bad-ticket": ("the ticket is not one of this host, or has expired", False),
    "code-refused": ("Lark rejected the code; a new link is needed", False),
    "wrong-user": ("the link was made for another user", False),
    "not-allowed": ("this user may not use the application", False),
    "retry": ("Lark is not available", True),
    "failed": ("authorization is not possible", False),
}


def begin(scopes: list[str]) -> Any:
    """Makes a link, with ``url``, ``state`` and ``ticket``. Keep the ticket until the user comes back."""
    return ask(_CASES, _oauth.begin, scopes)


def exchange(code: str, ticket: str, open_id: str) -> Any:
    """Exchanges the code the user came back with, and stores the tokens if the user is ``open_id``."""
    return ask(_CASES, _oauth.exchange, code, ticket, open_id)


def status(open_id: str) -> Any | None:
    """This user's authorization; ``None`` when there is none."""
    return ask(_CASES, _oauth.status, open_id)


def forget(open_id: str) -> bool:
    """Deletes the user's tokens and returns whether there were any."""
    return ask(_CASES, _oauth.forget, open_id)
