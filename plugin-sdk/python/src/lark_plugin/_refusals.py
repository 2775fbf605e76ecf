"""What the server refuses, in its words: replies that Lark would not show, calls that it would not take, and what is too large."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Iterable, Mapping, Sequence

from ._card import CARD_BYTES_MAX, refused_card
from ._declared import check_names
from .reply import NewTask

_REPLY_BYTES_MAX = 64 << 10
_MESSAGE_BYTES_MAX = 150 << 10
_BODY_BYTES_MAX = 1 << 20
_KV_KEY_BYTES_MAX = 512
_KV_ENTRY_BYTES = 64
_TASK_NAME_BYTES_MAX = 128

#: From which likeness on an unknown name is a misspelt known one.
_LIKENESS_MIN = 0.8

_PAGES = ("authorized", "refused", "expired", "used", "wrong_person", "not_allowed", "invalid", "failed", "incomplete")

#: Limits under ``[limits]``, with the server's defaults.
LIMITS = {
    "kv_value_bytes_max": 256 << 10,
    "kv_bytes_max": 16 << 20,
    "tasks_max": 16,
    "task_bytes_max": 256 << 10,
    "task_delay_ms_max": 30 * 24 * 3_600_000,
}


def limits_with(changed: Mapping[str, int] | None) -> dict[str, int]:
    """The limits that an operator has changed, with the others."""
    check_names("limits", changed or {}, tuple(LIMITS), "limit")
    return {**LIMITS, **(changed or {})}


class _Refused(Exception):
    pass


def _is_unfit(of: str) -> bool:
    """Whether a log line or a terminal obeys this character instead of showing it."""
    return unicodedata.category(of) == "Cc" or "\u2028" <= of <= "\u202e" or "\u2066" <= of <= "\u2069"


def _size(text: str) -> int:
    return len(text.encode())


def refused_reply(event_type: str, text: str) -> str | None:
    """Why Lark would not take the reply to a callback, if it would not."""
    if _size(text) > _REPLY_BYTES_MAX:
        return f"the reply has {_size(text)} bytes, and at most {_REPLY_BYTES_MAX} can be sent"
    reply = json.loads(text)
    if not isinstance(reply, dict):
        return "the reply is not a JSON object"
    try:
        if event_type == "card.action.trigger":
            _check_click(reply)
        elif event_type == "url.preview.get":
            _check_preview(reply)
        elif event_type == "oauth_redirect" and reply.get("page") not in _PAGES:
            return f"`page` is not `{'`, `'.join(_PAGES[:-1])}` or `{_PAGES[-1]}`"
    except _Refused as refused:
        return str(refused)
    return None


def _check_click(reply: dict[str, Any]) -> None:
    bare = ("elements", "i18n_elements", "body", "data")
    _check_members("", reply, ("toast", "card", "inline", *bare))
    if any(name in reply for name in bare):
        raise _Refused('the reply is a bare card; wrap it as {"card":{"type":"raw","data":…}}')
    toast, card, inline = (reply.get(name) for name in ("toast", "card", "inline"))
    if inline is not None and toast is None and card is None:
        raise _Refused("`inline` belongs to the reply to a link preview; the reply to a click has `toast` and `card`")
    if toast is not None:
        _check_toast(toast)
    if card is not None:
        _check_wrapped(card)


def _check_preview(reply: dict[str, Any]) -> None:
    _check_members("", reply, ("inline", "card", "toast"))
    toast, card, inline = (reply.get(name) for name in ("toast", "card", "inline"))
    if toast is not None and inline is None and card is None:
        raise _Refused("`toast` belongs to the reply to a click; the reply to a link preview has `inline` and `card`")
    if inline is not None:
        _check_object("inline", inline)
        _check_members("inline.", inline, ("title", "i18n_title", "image_key", "url"))
        _check_string("inline.title", inline.get("title"))
        _check_texts("inline.i18n_title", inline)
        _check_string("inline.image_key", inline.get("image_key"))
        if "url" in inline:
            _check_object("inline.url", inline["url"])
    if card is not None:
        _check_wrapped(card)


def _check_toast(toast: Any) -> None:
    _check_object("toast", toast)
    _check_members("toast.", toast, ("type", "content", "i18n"))
    if "type" in toast and toast["type"] not in ("info", "success", "warning", "error"):
        raise _Refused("`toast.type` is not `info`, `success`, `warning` or `error`")
    content = toast.get("content", "")
    if not isinstance(content, str):
        raise _Refused("`toast.content` is not a string")
    if not _check_texts("toast.i18n", toast) and not content.strip():
        raise _Refused("the toast has no text: neither `toast.content` nor `toast.i18n` has one that can be seen")


def _check_wrapped(card: Any) -> None:
    """A card in its wrapper."""
    _check_object("card", card)
    _check_members("card.", card, ("type", "data"))
    kind, data = card.get("type"), card.get("data")
    if not isinstance(kind, str):
        raise _Refused('`card.type` is not `raw` or `template`; a card itself is written {"type": "raw", "data": …}')
    if not isinstance(data, dict):
        raise _Refused("`card.data` is not an object; give the card itself, not its JSON text in a string")
    size = _size(json.dumps(data, ensure_ascii=False))
    if size > CARD_BYTES_MAX:
        raise _Refused(f"`card.data` has {size} bytes, and at most {CARD_BYTES_MAX} can be sent")
    if kind == "raw":
        _refuse(refused_card(data, size, "card.data"))
    elif kind != "template":
        raise _Refused('`card.type` is not `raw` or `template`; a card itself is written {"type": "raw", "data": …}')
    elif not isinstance(data.get("template_id"), str) or not data["template_id"]:
        raise _Refused("`card.data.template_id` is not the id of a template")


def refused_request(method: str, path: str, text: str) -> str | None:
    """Why Lark would not take a call with this body, if it would not."""
    try:
        _check_request(method, "/".join(path.split("/")[2:]), text)
    except _Refused as refused:
        return str(refused)
    return None


def _check_request(method: str, parts: str, text: str) -> None:
    def at_most(what: str, size_max: int) -> None:
        if _size(text) > size_max:
            raise _Refused(f"{what} makes a request body of {_size(text)} bytes; Lark's limit is {size_max}")

    at_most("the body", _BODY_BYTES_MAX)
    read = json.loads(text)
    body: dict[str, Any] = read if isinstance(read, dict) else {}
    if re.match(r"im/v1/messages(/|$)", parts) and method in ("POST", "PUT", "PATCH"):
        kind = body.get("msg_type")
        is_update = kind is None and method == "PATCH"
        if kind in ("interactive", "post"):
            at_most("the message with its card or rich text", CARD_BYTES_MAX)
        elif is_update:
            at_most("the update of a card", CARD_BYTES_MAX)
        else:
            at_most("the message", _MESSAGE_BYTES_MAX)
        if kind == "interactive" or is_update:
            _refuse_card(body.get("content"), "content")
        elif kind == "text" and isinstance(body.get("content"), str):
            _refuse_text(body["content"])
    elif method == "POST" and parts == "interactive/v1/card/update":
        at_most("the update of a card", CARD_BYTES_MAX)
        _refuse_card(body.get("card"), "card")
    elif method == "POST" and parts in ("message/v4/send", "message/v4/batch_send", "ephemeral/v1/send"):
        if body.get("card") is None:
            at_most("the message", _MESSAGE_BYTES_MAX)
        else:
            at_most("the message with its card", CARD_BYTES_MAX)
            _refuse_card(body["card"], "card")
    elif method == "POST" and parts == "cardkit/v1/cards":
        data = body.get("data")
        _refuse_card(data if isinstance(data, str) else None, "data")
    elif method == "PUT" and re.fullmatch(r"cardkit/v1/cards/[^/]+", parts) and isinstance(body.get("card"), dict):
        _refuse_card(body["card"].get("data"), "card.data")


def _refuse_text(content: str) -> None:
    """The content of a text message. A text that is no string is left for Lark to reject."""
    try:
        read = json.loads(content)
    except ValueError:
        read = None
    if not isinstance(read, dict) or read.get("text") in (None, ""):
        form = 'for a text message it is the JSON {"text": "…"} as a string, and the text is not empty'
        raise _Refused(f"`content` has no text; {form}")


def _refuse_card(card: Any, place: str) -> None:
    """A card as JSON or as its text. One that is no object is left for Lark to reject."""
    text = card if isinstance(card, str) else json.dumps(card, ensure_ascii=False)
    if not text.lstrip().startswith("{"):
        return
    try:
        read = json.loads(text)
    except ValueError:
        raise _Refused(f"`{place}` cannot be read: it is no JSON, or nested too deeply") from None
    _refuse(refused_card(read, _size(text), place))


def refused_tasks(limits: Mapping[str, int], tasks: Sequence[NewTask]) -> str | None:
    """Why the server would not take these tasks, if it would not."""

    def over(what: str, setting: str, number: int) -> str | None:
        value = limits[setting]
        where = f"the setting is `{setting} = {value}` under [limits] in the plugin's .toml"
        return f"{what} is over the limit of {value}; {where}" if number > value else None

    if said := over("the number of tasks in one outcome", "tasks_max", len(tasks)):
        return said
    for task in tasks:
        name = task.name
        is_name = 0 < _size(name) <= _TASK_NAME_BYTES_MAX and not any(map(_is_unfit, name))
        if not is_name:
            shown = json.dumps(name, ensure_ascii=False)[1:-1]
            return f"it asks for the task `{shown}`, which is not a valid name: one line of 1 to {_TASK_NAME_BYTES_MAX} bytes"
        payload = json.dumps({} if task.payload is None else task.payload, ensure_ascii=False)
        if said := over("the payload of a task in bytes", "task_bytes_max", _size(payload)):
            return said
        if said := over("the delay of a task in milliseconds", "task_delay_ms_max", int(task.delay_ms)):
            return said
        if task.plugin is not None and re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", task.plugin) is None:
            form = "1 to 64 of a-z, 0-9, - and _"
            return f"it asks for a task of the plugin `{task.plugin}`, which is not a valid name: {form}"
    return None


def refused_key(key: str, is_beginning: bool = False) -> str | None:
    """Why the key-value store would not take a key, if it would not. Its beginning may be empty."""
    size = _size(key)
    fits = size <= _KV_KEY_BYTES_MAX and (size > 0 or is_beginning)
    return None if fits else f"a key has 1 to {_KV_KEY_BYTES_MAX} bytes, this one has {size}"


def refused_value(limits: Mapping[str, int], key: str, size: int, others: Iterable[tuple[str, int]]) -> str | None:
    """Why it would not take a value beside the others, of which each is a key with the bytes of its value."""

    def setting(name: str) -> str:
        return f"the setting is `{name} = {limits[name]}` under [limits] in NAME.toml"

    if said := refused_key(key):
        return said
    if size > limits["kv_value_bytes_max"]:
        return f"a value of {size} bytes is over the limit; {setting('kv_value_bytes_max')}"
    if sum(_size(name) + of + _KV_ENTRY_BYTES for name, of in (*others, (key, size))) > limits["kv_bytes_max"]:
        return f"all keys and values together are over the limit; {setting('kv_bytes_max')}"
    return None


def _refuse(said: str | None) -> None:
    if said is not None:
        raise _Refused(said)


def _check_members(place: str, members: dict[str, Any], known: Sequence[str]) -> None:
    """Refuses the first name that is much like a known one; less similar ones are passed on, because Lark adds fields."""
    for name in members:
        if name not in known:
            most, nearest = max((_likeness(other, name.lower()), at, other) for at, other in enumerate(known))[::2]
            if most >= _LIKENESS_MIN:
                raise _Refused(f"`{place}{name}` is not a field of a reply; the nearest one is `{place}{nearest}`")


def _likeness(one: str, other: str) -> float:
    """The similarity by Jaro and Winkler: equal letters at nearly the same places, and more for an equal beginning."""
    reach = max(0, max(len(one), len(other)) // 2 - 1)
    taken: set[int] = set()
    of_one = []
    for at, letter in enumerate(one):
        for to in range(max(0, at - reach), min(len(other), at + reach + 1)):
            if to not in taken and other[to] == letter:
                taken.add(to)
                of_one.append(letter)
                break
    matches = len(of_one)
    if matches == 0:
        return float(one == other)
    swaps = sum(letter != other[at] for letter, at in zip(of_one, sorted(taken))) // 2
    jaro = (matches / len(one) + matches / len(other) + (matches - swaps) / matches) / 3
    beginning = 0
    while beginning < min(4, len(one), len(other)) and one[beginning] == other[beginning]:
        beginning += 1
    return jaro + 0.1 * beginning * (1 - jaro) if jaro > 0.7 else jaro


def _check_texts(place: str, members: dict[str, Any]) -> bool:
    """Checks a text for each language and returns whether any of them is visible."""
    name = place.rpartition(".")[2]
    if name not in members:
        return False
    _check_object(place, members[name])
    is_seen = False
    for text in members[name].values():
        if not isinstance(text, str):
            raise _Refused(f"a value in `{place}` is not a string")
        is_seen = is_seen or bool(text.strip())
    return is_seen


def _check_string(place: str, value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise _Refused(f"`{place}` is not a string")


def _check_object(place: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise _Refused(f"`{place}` is not an object")
