"""A body that the host hands over as it comes: that of a response, or of a download."""

from __future__ import annotations

from typing import Any, Iterator, TypeVar

from ._border import ask
from ._cases import Cases

_Itself = TypeVar("_Itself", bound="Incoming")


class Incoming:
    """A body that is read as it comes. It is closed at its end, or when the rest is not needed."""

    def __init__(self, resource: Any, cases: Cases, read_bytes_max: int) -> None:
        self._resource = resource
        self._cases = cases
        self._read_bytes_max = read_bytes_max

    def read(self) -> bytes:
        """Waits for more and returns it as it comes; nothing at the end. A body that breaks off raises, and never looks complete."""
        if self._resource is None:
            return b""
        part = bytes(ask(self._cases, self._resource.read, self._read_bytes_max))
        if not part:
            self.close()
        return part

    def parts(self) -> Iterator[bytes]:
        """The rest in parts, as they come."""
        try:
            while part := self.read():
                yield part
        finally:
            self.close()

    def close(self) -> None:
        """Closes it; the rest is not needed any more."""
        resource, self._resource = self._resource, None
        if resource is not None:
            resource.__exit__(None, None, None)

    def __enter__(self: _Itself) -> _Itself:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
