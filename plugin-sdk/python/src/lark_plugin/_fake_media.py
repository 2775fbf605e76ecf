"""Uploads and downloads of a fake host: what is uploaded is kept, and what is downloaded a test sets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from ._border import BorderError

#: Lark's limits.
_IMAGE_BYTES_MAX = 10 << 20
_FILE_BYTES_MAX = 30 << 20

#: Pieces of a download, small so that a plugin that takes the first for all is found out.
_PIECE_BYTES = 1 << 10


class Uploaded(NamedTuple):
    """An upload that is complete."""

    #: ``image``, or the type of a file.
    kind: str
    #: The name of a file; the purpose of an image.
    name: str
    duration_ms: int | None
    content: bytes
    #: The key that it was given.
    key: str


class FakeMedia:
    """The simulated files."""

    Content_Image = staticmethod(lambda purpose: SimpleNamespace(file_type="image", name=purpose, duration_ms=None))
    Content_File = staticmethod(lambda info: info)
    FileInfo = staticmethod(
        lambda file_type, name, duration_ms: SimpleNamespace(file_type=file_type, name=name, duration_ms=duration_ms)
    )
    Source_Message = staticmethod(lambda resource: resource)
    Source_Image = staticmethod(lambda key: key)
    Source_File = staticmethod(lambda key: key)
    MessageResource = staticmethod(lambda message_id, file_key, kind: (message_id, file_key))

    def __init__(self) -> None:
        self.uploads: list[Uploaded] = []
        self.failures: list[BorderError] = []
        self.resources: dict[tuple[str, str], bytes] = {}

    def begin_upload(self, content: Any, size: int, attributes: list[tuple[str, str]]) -> _Upload:
        bytes_max = _IMAGE_BYTES_MAX if content.file_type == "image" else _FILE_BYTES_MAX
        if size == 0:
            raise BorderError("refused", "it has no bytes, and Lark takes no empty one")
        if size > bytes_max:
            raise BorderError("refused", f"it has {size} bytes; Lark's limit is {bytes_max}")
        self._fail()
        return _Upload(self, content, size)

    def open_download(self, source: Any, attributes: list[tuple[str, str]]) -> _Download:
        self._fail()
        found = self.resources.get(source) if isinstance(source, tuple) else self._uploaded(source)
        if found is None:
            raise BorderError("rejected", "File not in msg.", code=234_003)
        return _Download(found)

    def _uploaded(self, key: str) -> bytes | None:
        return next((uploaded.content for uploaded in self.uploads if uploaded.key == key), None)

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


class _Upload:
    def __init__(self, media: FakeMedia, content: Any, size: int) -> None:
        self._media, self._content, self._size = media, content, size
        self._written = bytearray()

    def write(self, chunk: bytes) -> None:
        self._written += chunk
        if len(self._written) > self._size:
            raise BorderError("refused", f"the upload was announced with {self._size} bytes, and more were written")

    def finish(self) -> str:
        if len(self._written) != self._size:
            announced = f"the upload was announced with {self._size} bytes"
            raise BorderError("refused", f"{announced}, and {len(self._written)} were written")
        kind, name, duration_ms = self._content.file_type, self._content.name, self._content.duration_ms
        key = f"{'img' if kind == 'image' else 'file'}_v3_{len(self._media.uploads) + 1}"
        self._media.uploads.append(Uploaded(kind, name, duration_ms, bytes(self._written), key))
        return key

    def __exit__(self, *_: object) -> None:
        """As of a resource."""


class _Download:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def size(self) -> int | None:
        return len(self._content)

    def content_type(self) -> str | None:
        return "application/octet-stream"

    def read(self, bytes_max: int) -> bytes:
        part = self._content[self._at : self._at + min(bytes_max, _PIECE_BYTES)]
        self._at += len(part)
        return part

    def __exit__(self, *_: object) -> None:
        """As of a resource."""
