"""Opaque cursors: where the next page of a list begins. Only we read what is inside."""

from __future__ import annotations

import base64
import binascii
import re

from portal.errors import ApiError, invalid_request

_INSIDE = re.compile(rb"([a-z]{1,16}):(0|[1-9][0-9]{0,17})")


def encode_cursor(kind: str, position: int) -> str:
    """A cursor for lists of this kind ("line"); `position` is the last one already shown."""
    return pack(f"{kind}:{position}")


def decode_cursor(kind: str, text: str) -> int:
    """The position inside a cursor. Raises ApiError when it is not one of ours of this kind."""
    found = unpack(text, _INSIDE)
    if found[1].decode() != kind:
        raise _malformed(text)
    return int(found[2])


def pack(inside: str) -> str:
    """The cursor that holds this text."""
    return base64.urlsafe_b64encode(inside.encode()).decode().rstrip("=")


def unpack(text: str, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
    """What a cursor holds. Raises ApiError when that is not of this pattern."""
    try:
        inside = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        inside = b""
    found = pattern.fullmatch(inside)
    if found is None:
        raise _malformed(text)
    return found


def _malformed(text: str) -> ApiError:
    message = "This cursor is not one of ours: take it from `next` as it stands."
    return invalid_request("cursor.malformed", message, value=text[:64])
