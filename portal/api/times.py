"""Times as queries write them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils.dateparse import parse_date, parse_datetime

from portal.errors import invalid_request

_FIRST_YEAR, _LAST_YEAR = 2, 9998
"""In the years beside these, a time's offset may lead beyond what there is in UTC."""


def read_time(name: str, value: str, *, takes_day: bool = False) -> datetime:
    """A time, or with `takes_day` the beginning of a day, in UTC unless it says otherwise.

    Raises ApiError for any other text.
    """
    try:
        moment = parse_datetime(value)
        day = parse_date(value) if takes_day and moment is None else None
    except ValueError:
        moment = day = None
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        or_day = ", or a day" if takes_day else ""
        message = f"{name} is a time such as 2026-11-22T09:00:00Z{or_day}."
        raise invalid_request(f"{name}.format", message, value=value[:64])
    # PostgreSQL knows no offset of 16 hours or more, Python does.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
