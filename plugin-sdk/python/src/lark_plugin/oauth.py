"""User authorization. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can open."""

from __future__ import annotations

from typing import Any

from ._border import ask, imported
from ._cases import OAUTH

_oauth = imported("oauth")


def begin(scopes: list[str]) -> Any:
    """Makes a link, with ``url``, ``state`` and ``ticket``. Keep the ticket until the user comes back."""
    return ask(OAUTH, _oauth.begin, scopes)


def exchange(code: str, ticket: str, open_id: str) -> Any:
    """Exchanges the code the user came back with, and stores the tokens if the user is ``open_id``."""
    return ask(OAUTH, _oauth.exchange, code, ticket, open_id)


def status(open_id: str) -> Any | None:
    """This user's authorization; ``None`` when there is none."""
    return ask(OAUTH, _oauth.status, open_id)


def forget(open_id: str) -> bool:
    """Deletes the user's tokens and returns whether there were any."""
    return ask(OAUTH, _oauth.forget, open_id)
