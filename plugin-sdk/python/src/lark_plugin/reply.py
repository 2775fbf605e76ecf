"""Replies: a toast, a card, a preview, and what is not a reply."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from .failure import Permanent

Json = dict[str, Any]


class NewTask(NamedTuple):
    """A task to run after the reply, in a task of this plugin or of another one, to which the operator has granted it."""

    name: str
    payload: Any = None
    delay_ms: int = 0
    plugin: str | None = None


class Outcome:
    """What comes of an event or a task."""

    __slots__ = ("reply", "tasks")

    def __init__(self, reply: Literal["none", "pass"] | Json, tasks: tuple[NewTask, ...] = ()) -> None:
        self.reply = reply
        self.tasks = tasks

    def with_tasks(self, *tasks: NewTask) -> Outcome:
        """The same outcome with tasks, which run one after the other after the reply was stored."""
        return Outcome(self.reply, self.tasks + tasks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and (self.reply, self.tasks) == (other.reply, other.tasks)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Outcome({self.reply!r}, {self.tasks!r})"


#: Handled, without a reply: a card stays as it is.
DONE = Outcome("none")

#: Not for this plugin: the next plugin for this event type is asked.
PASS = Outcome("pass")


def toast(
    kind: Literal["info", "success", "error", "warning"],
    content: str,
    *,
    i18n: dict[str, str] | None = None,
    card: Json | None = None,
) -> Outcome:
    """Shows a toast and, if one is given, replaces the card. ``i18n`` has texts by ``en_us``, ``ja_jp``, ``zh_cn`` …"""
    shown: Json = {"type": kind, "content": content}
    if i18n:
        shown["i18n"] = i18n
    return json_reply({"toast": shown} | _card_part(card))


def card(whole: Json) -> Outcome:
    """Replaces the card without a toast: a whole card as JSON, or ``{"template": {"template_id": …}}``."""
    return json_reply(_card_part(whole))


def preview(
    title: str,
    *,
    i18n: dict[str, str] | None = None,
    image_key: str | None = None,
    url: dict[str, str] | None = None,
    card: Json | None = None,
) -> Outcome:
    """Shows a line in place of a link, and a card below the message if one is given."""
    parts = {"title": title, "i18n_title": i18n, "image_key": image_key, "url": url}
    inline = {name: part for name, part in parts.items() if part}
    return json_reply({"inline": {"title": title} | inline} | _card_part(card))


def json_reply(reply: Json) -> Outcome:
    """A reply of your own, in the shape that Lark documents."""
    return Outcome(reply)


def _card_part(whole: Json | None) -> Json:
    return {} if whole is None else {"card": as_card(whole)}


def as_card(whole: Json) -> Json:
    """A card as a reply holds it."""
    if not isinstance(whole, dict):
        raise Permanent("a card must be a JSON object")
    template = whole.get("template")
    if isinstance(template, dict) and "template_id" in template:
        return {"type": "template", "data": template}
    return {"type": "raw", "data": whole}
