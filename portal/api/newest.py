"""Lists, newest first, a page at a time: `{items, next}` and an opaque cursor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from portal.api.pagination import pack, unpack
from portal.api.paging import MOST, read_number

LIMIT: Final = 50
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
    limit = read_number(request, "limit", default=LIMIT, most=MOST)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        at, pk = _decode(cursor)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk), created_at__lte=at)
    page = list(rows.order_by("-created_at", "-pk")[: limit + 1])
    more = len(page) > limit
    return {
        "items": [show(row) for row in page[:limit]],
        "next": cursor_behind(page[limit - 1]) if more else None,
    }


def cursor_behind(row: Any) -> str:
    """The cursor of the page that begins behind this row."""
    return pack(f"newest:{(row.created_at - _EPOCH) // _MICROSECOND}:{row.pk.hex}")


def _decode(text: str) -> tuple[datetime, UUID]:
    found = unpack(text, _INSIDE)
    return _EPOCH + int(found[1]) * _MICROSECOND, UUID(found[2].decode())
