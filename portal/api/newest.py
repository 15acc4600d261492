"""Lists, newest first, a page at a time: `{items, next}` and an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from portal.errors import invalid_request

LIMIT: Final = 50
MOST: Final = 500
_INSIDE = re.compile(rb"newest:(0|[1-9][0-9]{0,16}):([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def newest_page(
    rows: QuerySet[Any], request: Request, show: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page of rows that have `created_at` and a UUID as key, as the list is answered.

    `?limit` (50, at most 500) and `?cursor` (the `next` of the page before) are read here; a
    page begins behind a row, never at a number, so rows that come meanwhile shift nothing.
    Raises ApiError for a limit or a cursor that is none.
    """
    limit = _limit(request)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        at, pk = _decode(cursor)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk), created_at__lte=at)
    page = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    more = len(page) > limit
    return {
        "items": [show(row) for row in page[:limit]],
        "next": _encode(page[limit - 1]) if more else None,
    }


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "").strip()
    if not text:
        return LIMIT
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST:
        return int(text)
    message = f"limit is a whole number from 1 to {MOST}."
    raise invalid_request("limit.range", message, value=text[:64])


def _encode(row: Any) -> str:
    micros = (row.created_at - _EPOCH) // _MICROSECOND
    inside = f"newest:{micros}:{row.pk.hex}"
    return base64.urlsafe_b64encode(inside.encode()).decode().rstrip("=")


def _decode(text: str) -> tuple[datetime, UUID]:
    try:
        inside = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        inside = b""
    found = _INSIDE.fullmatch(inside)
    if found is None:
        message = "This cursor is not one of ours: take it from `next` as it stands."
        raise invalid_request("cursor.malformed", message, value=text[:64])
    return _EPOCH + int(found[1]) * _MICROSECOND, UUID(found[2].decode())
