"""How much one request may carry: rows and bytes, from the settings, published in the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from portal.errors import ApiError, ErrorCode, detail
from portal.quotas import quotas


def check_row_count(rows: Sequence[Any], *, pointer: str, most: int | None = None) -> None:
    """Refuse more rows than one request may carry; nothing of it is created.

    `pointer` leads to the array; `most` is BULK_MAX_ROWS unless given.
    Raises ApiError PAYLOAD_TOO_LARGE.
    """
    most = settings.BULK_MAX_ROWS if most is None else most
    if len(rows) <= most:
        return
    message = f"{len(rows):,} rows are over the limit of {most:,} a request."
    entry = detail("rows.too_many", message, pointer=pointer, value=len(rows), suggestion=most)
    raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE, message, details=[entry])


def limits_text() -> str:
    """The limits in words, for the OpenAPI page."""
    mebibytes = settings.BULK_MAX_BYTES / (1024 * 1024)
    return (
        f"One request carries at most **{settings.BULK_MAX_ROWS:,} rows** and "
        f"**{mebibytes:g} MiB**; one more of either is answered 413 and nothing is created."
    )


def quotas_text() -> str:
    """The quotas in words, for the OpenAPI page."""
    of_key, of_team = quotas()
    return (
        f"A key may make **{of_key.calls:,} calls** in {of_key.seconds} seconds, all keys of a "
        f"team together **{of_team.calls:,}**. `RateLimit` says what is left; one call more is "
        "answered 429 with `Retry-After`."
    )
