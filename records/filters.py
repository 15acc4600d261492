"""What a list of records can be narrowed by, from the query of its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from portal.api.times import read_time
from portal.errors import invalid_request
from portal.intake.text import find_unstorable
from records.models import ResourceRecord
from records.querysets import RecordQuerySet

Narrow = Callable[[RecordQuerySet, str], RecordQuerySet]


def records_asked(team_id: str, query: Mapping[str, str]) -> RecordQuerySet:
    """The team's records that match every filter of the query, the oldest first.

    Raises ApiError for a value that no record can have.
    """
    records: RecordQuerySet = ResourceRecord.objects.of_team(team_id)
    for name, narrow in FILTERS.items():
        value = query.get(name, "").strip()
        if find_unstorable(value) is not None:
            raise invalid_request(f"{name}.format", f"{name} holds characters that no record has.")
        if value:
            records = narrow(records, value)
    return records.order_by("pk")


def _by(column: str) -> Narrow:
    return lambda records, value: records.filter(**{column: value})


def _updated_since(records: RecordQuerySet, value: str) -> RecordQuerySet:
    return records.filter(updated_at__gte=read_time("updatedSince", value, takes_day=True))


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
