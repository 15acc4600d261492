"""What a list of records can be narrowed by, from the query of its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime

from portal.errors import invalid_request
from portal.intake.text import find_unstorable
from records.models import ResourceRecord
from records.querysets import RecordQuerySet

_FIRST_YEAR, _LAST_YEAR = 2, 9998
"""In the years beside these, a time's offset may lead beyond what there is in UTC."""

Narrow = Callable[[RecordQuerySet, str], RecordQuerySet]


def records_asked(team_id: str, query: Mapping[str, str]) -> RecordQuerySet:
    """The team's records that match every filter of the query, the oldest first.

    Raises ApiError for a value that no record can have.
    """
    records: RecordQuerySet = ResourceRecord.objects.of_team(team_id)
    for name, narrow in FILTERS.items():
        value = query.get(name, "").strip()
        if find_unstorable(value) is not None:
            raise _refused(name, f"{name} holds characters that no record has.")
        if value:
            records = narrow(records, value)
    return records.order_by("pk")


def _by(column: str) -> Narrow:
    return lambda records, value: records.filter(**{column: value})


def _updated_since(records: RecordQuerySet, value: str) -> RecordQuerySet:
    return records.filter(updated_at__gte=_moment(value))


def _moment(value: str) -> datetime:
    """A time, or the beginning of a day, in UTC unless it says otherwise."""
    try:
        moment = parse_datetime(value)
        day = None if moment else parse_date(value)
    except ValueError:
        moment = day = None
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        message = "updatedSince is a time such as 2026-11-22T09:00:00Z, or a day."
        raise _refused("updatedSince", message, value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refused(name: str, message: str, value: Any = None) -> Exception:
    return invalid_request(f"{name}.format", message, value=value and value[:64])


FILTERS: dict[str, Narrow] = {
    "search": RecordQuerySet.search,
    "type": _by("type"),
    "integrationId": _by("integration_key"),
    "logicalId": _by("logical_id"),
    "npi": _by("npi"),
    "status": _by("status"),
    "specialty": RecordQuerySet.with_specialty,
    "updatedSince": _updated_since,
}
"""Query parameter → how it narrows the list."""
