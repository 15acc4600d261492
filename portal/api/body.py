"""The size of a request's body, settled before Django or DRF reads a byte of it.

A server that answers while the client still sends closes the connection on it, and the client
reports a broken pipe instead of our answer. So a body over the limit is read and thrown away
first, up to DRAIN_MAX_BYTES.
"""

from __future__ import annotations

import io
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest

from portal.errors import ApiError, ErrorCode, detail

_PIECE = 64 * 1024


def take_body(request: HttpRequest) -> None:
    """Leave a body within the limit ready to be read. Raises ApiError PAYLOAD_TOO_LARGE.

    A body of known length stays in its stream. A chunked one is read here, since Django takes
    a body without a Content-Length for an empty one.
    """
    stream = request.META.get("wsgi.input")
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        if stream is not None and request.META.get("wsgi.input_terminated"):
            _take_chunked(request, stream)
        return
    length = content_length(request)
    if length > settings.BULK_MAX_BYTES:
        if stream is not None:
            _drain(stream, min(length, settings.DRAIN_MAX_BYTES))
        raise too_large()


def content_length(request: HttpRequest) -> int:
    """The announced length in bytes; 0 when there is none that makes sense."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() else 0


def too_large() -> ApiError:
    """A 413 that says how much a request may carry."""
    message = f"The body is over the limit of {settings.BULK_MAX_BYTES:,} bytes. Send fewer rows."
    entry = detail("body.too_large", message)
    return ApiError(ErrorCode.PAYLOAD_TOO_LARGE, message, details=[entry])


def _take_chunked(request: HttpRequest, stream: IO[bytes]) -> None:
    """Read a chunked body as if its length had been known."""
    body = io.BytesIO()
    try:
        while piece := stream.read(_PIECE):
            body.write(piece)
            if body.tell() > settings.BULK_MAX_BYTES:
                _drain(stream, settings.DRAIN_MAX_BYTES - body.tell())
                raise too_large()
    except OSError:
        raise ApiError(ErrorCode.INVALID_JSON, "The body ended too early.") from None
    _put_back(request, body)


def _put_back(request: Any, body: io.BytesIO) -> None:
    """Give the body back to Django, which has not looked at it yet, as HttpRequest.body does."""
    request.META["CONTENT_LENGTH"] = str(body.tell())
    body.seek(0)
    request._stream = body


def _drain(stream: IO[bytes], most: int) -> None:
    """Read up to `most` bytes and throw them away; a client that left is not an error."""
    try:
        while most > 0 and (piece := stream.read(min(_PIECE, most))):
            most -= len(piece)
    except OSError:
        return
