"""Opaque cursors: where the next page of a list begins. Only we read what is inside."""

from __future__ import annotations

import base64
import binascii
import re

from portal.errors import invalid_request

_INSIDE = re.compile(rb"([a-z]{1,16}):(0|[1-9][0-9]{0,17})")


def encode_cursor(kind: str, position: int) -> str:
    """A cursor for lists of this kind ("line"); `position` is the last one already shown."""
    return base64.urlsafe_b64encode(f"{kind}:{position}".encode()).decode().rstrip("=")


def decode_cursor(kind: str, text: str) -> int:
    """The position inside a cursor. Raises ApiError when it is not one of ours of this kind."""
    try:
        inside = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        inside = b""
    found = _INSIDE.fullmatch(inside)
    if found is None or found[1].decode() != kind:
        raise invalid_request(
            "cursor.malformed",
            "This cursor is not one of ours: take it from `next` as it stands.",
            value=text[:64],
        )
    return int(found[2])
