"""HTTP requests to services that the operator granted. The host adds the operator's credentials; a plugin never sees them."""

from __future__ import annotations

import codecs
import json as _json
from typing import Any, Iterator, Mapping
from urllib.parse import urlencode

from ._border import ask, imported
from ._cases import HTTP
from ._declared import check_is, check_texts
from ._incoming import Incoming
from .failure import HostError, Unreadable
from .sse import ServerSentEvent, SseParser

_http = imported("http")

_READ_BYTES_MAX = 64 * 1024

#: The part of a body that an error shows; services say in their first line what is wrong.
_SHOWN_LETTERS_MAX = 200


class Response(Incoming):
    """A response whose status and headers have arrived; its body is read as it comes."""

    def __init__(self, response: Any) -> None:
        super().__init__(response, HTTP, _READ_BYTES_MAX)
        self.status: int = response.status()
        #: Names in lower case, in the order in which they came.
        self.headers: list[tuple[str, str]] = [(name, value) for name, value in response.headers()]

    @property
    def ok(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The first value of a header, whose name may be in any case."""
        return next((value for found, value in self.headers if found == name.lower()), None)

    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.parts())

    def text(self) -> str:
        """The whole body as text."""
        return self.content().decode("utf-8", "replace")

    def json(self) -> Any:
        """The whole body, read as JSON; ``Unreadable``, which is a ``ValueError``, if it is none."""
        try:
            return _json.loads(self.content())
        except ValueError as error:
            raise Unreadable(f"the body of the response (status {self.status}) is not JSON: {error}") from None

    def events(self) -> Iterator[ServerSentEvent]:
        """The server-sent events of the body, as they come."""
        parser, decoder = SseParser(), codecs.getincrementaldecoder("utf-8-sig")("replace")
        for part in self.parts():
            yield from parser.add(decoder.decode(part))

    def success(self) -> Response:
        """Itself, or an error with the beginning of the body: a retry where one may help (429, 5xx), permanent otherwise."""
        if self.ok:
            return self
        again = self.status >= 500 or self.status in (408, 425, 429)
        after = self.header("retry-after") or ""
        body = " ".join(self.text()[:_SHOWN_LETTERS_MAX].split())
        message = f"the service answered with status {self.status}: {body}"
        raise HostError("status", message, again, int(after) * 1000 if after.isdigit() else None)


def request(
    method: str,
    url: str,
    *,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    json: Any = None,
    timeout_ms: int | None = None,
    webhook_id: str | None = None,
) -> Response:
    """Sends a request, and returns when the status and the headers of the response have arrived.

    Any status is a response. With ``webhook_id`` the host signs the request by the Standard Webhooks scheme, with the
    operator's secret for this origin.
    """
    check_texts(method=method, url=url, webhook_id=webhook_id)
    sent = [(name, str(value)) for name, value in (headers or {}).items()]
    content = body.encode() if isinstance(body, str) else body
    if content is not None:
        check_is("body", content, bytes)
    if json is not None:
        content = _json.dumps(json, ensure_ascii=False).encode()
        if not any(name.lower() == "content-type" for name, _ in sent):
            sent.append(("content-type", "application/json"))
    attributes: list[tuple[str, str]] = []
    if timeout_ms is not None:
        attributes.append(("timeout-ms", str(max(1, int(timeout_ms)))))
    if webhook_id is not None:
        attributes.append(("sign", "standard-webhooks"))
        sent.append(("webhook-id", webhook_id))
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query)
    asked = _http.Request(method.upper(), url, sent, content, attributes)
    return Response(ask(HTTP, _http.send, asked))


def get(url: str, **options: Any) -> Response:
    """A ``GET`` request."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Response:
    """A ``POST`` request."""
    return request("POST", url, **options)
