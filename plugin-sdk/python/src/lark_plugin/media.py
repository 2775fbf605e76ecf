"""Images and files as bytes: uploads to Lark, and downloads of what a message holds.

The operator grants each call under ``openapi``. Lark takes images of up to 10 MB and files of up to 30 MB, and no empty ones.
"""

from __future__ import annotations

from typing import Any, Literal

from ._border import ask, imported
from ._cases import MEDIA
from ._incoming import Incoming
from .failure import HostError

_media = imported("media")

#: The bytes of one crossing to the host, whose size is limited.
_PIECE_BYTES = 256 * 1024

#: The purpose of an image: messages and cards, or avatars.
ImageType = Literal["message", "avatar"]

#: The type of a file, by which Lark shows it; ``stream`` for anything else.
FileType = Literal["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"]


class Upload:
    """An upload under way, whose bytes are sent on as they are written. Without ``finish``, Lark keeps nothing."""

    def __init__(self, upload: Any) -> None:
        self._upload = upload

    def write(self, content: bytes) -> None:
        """Sends the next bytes; waits while Lark takes them more slowly than they are written."""
        upload = self._open()
        for at in range(0, len(content), _PIECE_BYTES):
            ask(MEDIA, upload.write, bytes(content[at : at + _PIECE_BYTES]))

    def finish(self) -> str:
        """Ends the upload, after all its bytes were written, and returns its ``image_key`` or ``file_key``."""
        upload = self._open()
        try:
            return ask(MEDIA, upload.finish)
        finally:
            self.abort()

    def abort(self) -> None:
        """Breaks the upload off."""
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.__exit__(None, None, None)

    def __enter__(self) -> Upload:
        return self

    def __exit__(self, *_: object) -> None:
        self.abort()

    def _open(self) -> Any:
        if self._upload is None:
            raise HostError("refused", "the upload has ended already", False)
        return self._upload


class Download(Incoming):
    """A download under way, which is read as it comes."""

    def __init__(self, download: Any) -> None:
        super().__init__(download, MEDIA, _PIECE_BYTES)
        #: In bytes, if Lark tells it.
        self.size: int | None = download.size()
        #: The media type, if Lark tells it.
        self.content_type: str | None = download.content_type()

    def content(self, bytes_max: int) -> bytes:
        """The rest, of at most so many bytes; more is an error."""
        found = bytearray()
        with self:
            self._check(self.size or 0, bytes_max)
            for part in self.parts():
                found += part
                self._check(len(found), bytes_max)
        return bytes(found)

    @staticmethod
    def _check(count: int, bytes_max: int) -> None:
        if count > bytes_max:
            raise HostError("refused", f"the download has more than {bytes_max} bytes", False)


def image(purpose: ImageType = "message") -> Any:
    """An image, for ``begin``."""
    return _media.Content_Image(purpose)


def file(file_type: FileType, name: str, duration_ms: int | None = None) -> Any:
    """A file, for ``begin``: ``name`` is what people see, with its extension."""
    return _media.Content_File(_media.FileInfo(file_type, name, duration_ms))


def in_message(message_id: str, file_key: str, kind: Literal["image", "file"]) -> Any:
    """An image or file that a message holds; ``kind`` is ``file`` for audio and video, too."""
    return _media.Source_Message(_media.MessageResource(message_id, file_key, kind))


def uploaded_image(image_key: str) -> Any:
    """An image that this application itself has uploaded."""
    return _media.Source_Image(image_key)


def uploaded_file(file_key: str) -> Any:
    """A file that this application itself has uploaded."""
    return _media.Source_File(file_key)


def upload_image(content: bytes, purpose: ImageType = "message", *, tenant_key: str | None = None) -> str:
    """Uploads an image and returns its ``image_key``."""
    return _uploaded(image(purpose), content, tenant_key)


def upload_file(
    file_type: FileType, name: str, content: bytes, *, duration_ms: int | None = None, tenant_key: str | None = None
) -> str:
    """Uploads a file and returns its ``file_key``."""
    return _uploaded(file(file_type, name, duration_ms), content, tenant_key)


def begin(what: Any, size: int, *, tenant_key: str | None = None) -> Upload:
    """Begins an upload of exactly ``size`` bytes: for what is larger than the plugin's memory.

    ``tenant_key`` is the tenant in which a store application acts; by default that of the current event.
    """
    return Upload(ask(MEDIA, _media.begin_upload, what, size, _attributes(tenant_key)))


def download(source: Any, bytes_max: int, *, tenant_key: str | None = None) -> bytes:
    """Downloads at most so many bytes; a larger one is an error."""
    return open(source, tenant_key=tenant_key).content(bytes_max)


def open(source: Any, *, tenant_key: str | None = None) -> Download:
    """Opens a download, which is read as it comes."""
    return Download(ask(MEDIA, _media.open_download, source, _attributes(tenant_key)))


def _uploaded(what: Any, content: bytes, tenant_key: str | None) -> str:
    with begin(what, len(content), tenant_key=tenant_key) as upload:
        upload.write(content)
        return upload.finish()


def _attributes(tenant_key: str | None) -> list[tuple[str, str]]:
    return [] if tenant_key is None else [("tenant-key", tenant_key)]
