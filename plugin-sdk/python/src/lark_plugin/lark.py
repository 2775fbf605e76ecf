"""Calls of Lark's OpenAPI. The host adds the token, which never enters the plugin; the operator grants methods and paths."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ._border import ask, imported
from ._cases import LARK
from ._declared import check_is, check_names, check_texts
from .failure import HostError
from .reply import as_card

_openapi = imported("openapi")

#: Lark's codes for "too many calls".
_RATE_CODES = (99_991_400, 230_020)

_RECEIVERS = ("open_id", "union_id", "user_id", "email", "chat_id")

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


class Answer:
    """Lark's answer, whose ``code`` is 0."""

    def __init__(self, status: int, code: int, msg: str, body: dict[str, Any], log_id: str | None) -> None:
        self.status = status
        self.code = code
        self.msg = msg
        #: The whole answer, for the few endpoints that have their result beside ``data``.
        self.body = body
        self.log_id = log_id

    @property
    def data(self) -> Any:
        return self.body.get("data") or {}


class LarkError(HostError):
    """An answer of Lark's with a ``code`` other than 0."""

    def __init__(self, answer: Answer) -> None:
        again = answer.status == 429 or answer.status >= 500 or answer.code in _RATE_CODES
        where = f"status {answer.status}, log id {answer.log_id or '-'}"
        super().__init__("code", f"Lark answered with code {answer.code} ({where}): {answer.msg}", again)
        self.answer = answer


def call(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    as_user: str | None = None,
    tenant_key: str | None = None,
) -> Answer:
    """Makes a call; an answer with a ``code`` other than 0 is raised as ``LarkError``.

    With ``as_user``, the open id of a user who authorized the application, the call is made as this user. ``tenant_key`` is
    the tenant in which a store application acts; by default that of the current event.
    """
    check_texts(method=method, path=path, as_user=as_user, tenant_key=tenant_key)
    identity = _openapi.Identity_App() if as_user is None else _openapi.Identity_User(as_user)
    request = _openapi.Request(
        identity,
        method.upper(),
        path,
        [(name, str(value)) for name, value in (query or {}).items()],
        None if body is None else json.dumps(body, ensure_ascii=False),
        [] if tenant_key is None else [("tenant-key", tenant_key)],
    )
    response = ask(LARK, _openapi.call, request)
    status, log_id = response.status, response.log_id
    try:
        read = json.loads(response.body)
    except ValueError:
        read = None
    whole = read if isinstance(read, dict) else {}
    # Some old endpoints answer with the bare result.
    code = whole.get("code", 0 if whole and status < 300 else None)
    if not isinstance(code, int):
        message = f"Lark's answer (status {status}, log id {log_id or '-'}) has no code"
        raise HostError("unreadable", message, status == 429 or status >= 500)
    answer = Answer(status, code, str(whole.get("msg") or whole.get("error_description") or ""), whole, log_id)
    if code != 0:
        raise LarkError(answer)
    return answer


def send_text(text: str, **to: str) -> str:
    """Sends a text, and returns the id of the message: ``send_text("hello", chat_id="oc_…")``.

    The receiver is one of ``open_id``, ``union_id``, ``user_id``, ``email`` and ``chat_id``.
    """
    return _send(_text(text), to)


def send_card(card: dict[str, Any], **to: str) -> str:
    """Sends a card, and returns the id of the message."""
    return _send(_card(card), to)


def reply_text(message_id: str, text: str) -> str:
    """Answers a message with a text, and returns the id of the answer."""
    return _reply(message_id, _text(text))


def reply_card(message_id: str, card: dict[str, Any]) -> str:
    """Answers a message with a card, and returns the id of the answer."""
    return _reply(message_id, _card(card))


def patch_card(message_id: str, card: dict[str, Any]) -> None:
    """Replaces the card of a message for everybody. Lark takes at most five updates a second for each message."""
    call("PATCH", f"/open-apis/im/v1/messages/{_segment(message_id)}", body={"content": _card(card)["content"]})


def update_card(token: str, card: dict[str, Any]) -> None:
    """Updates a card with the token of a click: within 30 minutes, at most twice."""
    call("POST", "/open-apis/interactive/v1/card/update", body={"token": token, "card": _value(card)})


def _send(content: dict[str, str], to: dict[str, str]) -> str:
    check_names("a receiver", to, _RECEIVERS, "id of the kind")
    if len(to) != 1:
        raise TypeError("one receiver: open_id, union_id, user_id, email or chat_id")
    [(kind, receiver)] = to.items()
    check_is(f"the {kind} of a receiver", receiver, str)
    if not receiver:
        raise TypeError(f"the {kind} of a receiver is empty")
    body = {"receive_id": receiver, **content}
    return call("POST", "/open-apis/im/v1/messages", query={"receive_id_type": kind}, body=body).data["message_id"]


def _reply(message_id: str, content: dict[str, str]) -> str:
    return call("POST", f"/open-apis/im/v1/messages/{_segment(message_id)}/reply", body=content).data["message_id"]


def _text(text: str) -> dict[str, str]:
    check_is("the text of a message", text, str)
    return {"msg_type": "text", "content": json.dumps({"text": text}, ensure_ascii=False)}


def _card(card: dict[str, Any]) -> dict[str, str]:
    return {"msg_type": "interactive", "content": json.dumps(_value(card), ensure_ascii=False)}


def _value(card: dict[str, Any]) -> Any:
    whole = as_card(card)
    return whole["data"] if whole["type"] == "raw" else whole


def _segment(message_id: str) -> str:
    check_is("the id of a message", message_id, str)
    if not message_id or not _LETTERS.issuperset(message_id):
        raise HostError("refused", "an id of a message has letters, digits, - and _ only", False)
    return message_id
