"""Records on their way out: a team's, in the order of their ids, read some hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from portal import audit
from portal.models import Team, Verb
from records.choices import RecordType
from records.importers.rows import Format
from records.importers.writing import Stored, as_file
from records.models import ResourceRecord
from records.querysets import RecordQuerySet

_ROWS_AT_ONCE: Final = 500
_COLUMNS: Final = ("pk", "logical_id", "integration_key", "config")


def records_to_export(team: Team, *, integration_id: str | None = None) -> RecordQuerySet:
    """The team's practitioners, of one integration or of all ("" for those without one)."""
    records: RecordQuerySet = ResourceRecord.objects.of_team(team.pk)
    records = records.filter(type=RecordType.PRACTITIONERS)
    if integration_id is not None:
        records = records.filter(integration_key=integration_id)
    return records.order_by("pk")


def export_practitioners(
    *,
    team: Team,
    kind: Format,
    records: RecordQuerySet,
    actor: audit.Actor | str,
    integration_id: str | None = None,
) -> Iterator[bytes]:
    """These records as a file of this format, in pieces; noted in the audit log first."""
    audit.record(
        verb=Verb.EXPORTED,
        actor=actor,
        obj=team,
        details={
            "what": "practitioners",
            "form": kind.value,
            "rows": records.count(),
            **({} if integration_id is None else {"integration": integration_id}),
        },
    )
    return as_file(kind, _stored(records))


def _stored(records: RecordQuerySet) -> Iterator[Stored]:
    rows: Any = records.values_list(*_COLUMNS).iterator(_ROWS_AT_ONCE)
    for record_id, logical_id, integration_key, config in rows:
        yield Stored(record_id, logical_id, integration_key or None, config)
