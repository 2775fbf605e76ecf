"""Server-sent events, as language models stream their answers (HTML standard, "Server-sent events")."""

from __future__ import annotations

from typing import Iterator, NamedTuple


class ServerSentEvent(NamedTuple):
    """One event."""

    #: The type; ``message`` when the service names none.
    event: str
    #: The data; several lines are joined with a line feed.
    data: str
    #: The last id that the service has sent; empty when there was none.
    id: str
    #: The delay that the service wants before a new connection.
    retry_ms: int | None


class SseParser:
    """Takes text as it comes, and gives events as they are whole."""

    def __init__(self) -> None:
        self._line = ""
        self._after_return = False
        self._event = ""
        self._data: list[str] = []
        self._id = ""
        self._retry_ms: int | None = None

    def add(self, text: str) -> Iterator[ServerSentEvent]:
        for letter in text:
            is_second = self._after_return and letter == "\n"
            self._after_return = letter == "\r"
            if is_second:
                continue
            if letter not in "\r\n":
                self._line += letter
                continue
            line, self._line = self._line, ""
            if line:
                self._take(line)
            elif self._data:
                yield ServerSentEvent(self._event or "message", "\n".join(self._data), self._id, self._retry_ms)
            if not line:
                self._event, self._data, self._retry_ms = "", [], None

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self._retry_ms = int(value)
        # Anything else is a comment, which keeps the connection open, or a field that nobody knows.
