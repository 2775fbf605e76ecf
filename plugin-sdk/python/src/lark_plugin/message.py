"""The text of a received message, and who is mentioned in it."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping

_PLACEHOLDER = re.compile(r"@_(?:user_\d+|all)")


def text(received: Mapping[str, Any]) -> str:
    """The text of a text message or a post, with placeholders like ``@_user_1`` for mentions; empty for every other message."""
    message = received.get("message") or {}
    try:
        content = json.loads(message.get("content") or "")
    except ValueError:
        return ""
    if not isinstance(content, dict):
        return ""
    if message.get("message_type") == "text":
        return _field(content, "text")
    return _post(content) if message.get("message_type") == "post" else ""


def text_with_names(received: Mapping[str, Any]) -> str:
    """The text with the names of mentioned people instead of placeholders."""
    names = {mention.get("key"): f"@{mention.get('name') or ''}" for mention in _mentions(received)}
    # In one pass, so that a name is never taken for a placeholder.
    return _PLACEHOLDER.sub(lambda found: names.get(found[0], found[0]), text(received))


def text_without_mentions(received: Mapping[str, Any]) -> str:
    """The text without its mentions: what a person says to the bot."""
    keys = {mention.get("key") for mention in _mentions(received)}
    return _PLACEHOLDER.sub(lambda found: "" if found[0] in keys else found[0], text(received)).strip()


def mentions_bot(received: Mapping[str, Any], app_id: str) -> bool:
    """Whether the bot of this application (the ``app_id`` of the event) is mentioned; if Lark does not say which one, any bot."""
    for mention in _mentions(received):
        bot = (mention.get("bot_info") or {}).get("app_id")
        if (mention.get("mentioned_type") in ("bot", "app") or bot is not None) and bot in (None, app_id):
            return True
    return False


def _mentions(received: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return (received.get("message") or {}).get("mentions") or []


def _post(content: dict[str, Any]) -> str:
    """Title and paragraphs, one per line. A received post has them at the top level, a sent one once for each language."""
    if not isinstance(content.get("content"), list):
        posts = (post for post in content.values() if isinstance(post, dict) and isinstance(post.get("content"), list))
        content = next(posts, {"content": []})
    lines = [_field(content, "title")] if _field(content, "title") else []
    for paragraph in content["content"]:
        lines.append("".join(_part(part) for part in paragraph) if isinstance(paragraph, list) else "")
    return "\n".join(lines)


def _part(part: Any) -> str:
    tag = _field(part, "tag")
    if tag == "at":
        user = _field(part, "user_id")
        return user if user.startswith("@") else "@_all" if user == "all" else f"@{_field(part, 'user_name')}"
    if tag == "emotion":
        return f"[{_field(part, 'emoji_type')}]"
    return _field(part, "href") if tag == "a" and not _field(part, "text") else _field(part, "text")


def _field(part: Any, name: str) -> str:
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, str) else ""
