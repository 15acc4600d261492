"""Records and rows to fix on their way out, read some hundred at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import QuerySet

from portal import audit
from portal.exports import as_bytes
from portal.models import RejectedRow, Submission, Team, Verb
from records.choices import RecordType
from records.importers import table_out
from records.importers.fields import ISSUE_COLUMNS, RECORD_ID, ROW_ID, VERSION
from records.importers.refused import issue_cells
from records.importers.rows import Format
from records.importers.writing import Stored, as_file
from records.models import ResourceRecord
from records.operations.refused import KIND
from records.querysets import RecordQuerySet

_ROWS_AT_ONCE: Final = 500
_COLUMNS: Final = ("pk", "logical_id", "integration_key", "config")
_ASKED: Final = tuple(name for name in table_out.COLUMNS if name != RECORD_ID)
FIX_COLUMNS: Final = (ROW_ID, VERSION, *_ASKED, *ISSUE_COLUMNS)
"""The columns of rows to fix."""


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


def rejected_to_export(team: Team) -> QuerySet[RejectedRow]:
    """The team's rows that were not accepted and still wait, in the order in which they came."""
    submissions = Submission.objects.filter(team=team, kind=KIND)
    rows = RejectedRow.objects.open().filter(submission__in=submissions.values("pk"))
    return rows.order_by("submission_id", "line")


def export_rejected(
    *, team: Team, ending: str, rows: QuerySet[RejectedRow], actor: audit.Actor | str
) -> Iterator[bytes]:
    """These rows as CSV or Excel (`ending`), to be corrected and given back; noted in the log."""
    details = {"what": "practitioners to fix", "form": ending, "rows": rows.count()}
    audit.record(verb=Verb.EXPORTED, actor=actor, obj=team, details=details)
    return as_bytes(ending, FIX_COLUMNS, map(_to_fix, rows.iterator(_ROWS_AT_ONCE)))


def _to_fix(row: RejectedRow) -> tuple[Any, ...]:
    cells = table_out.cells_of(row.raw if isinstance(row.raw, dict) else {})
    asked = map(cells.get, _ASKED)
    return (row.pk, row.version, *asked, *issue_cells(row.line, row.errors))


def _stored(records: RecordQuerySet) -> Iterator[Stored]:
    rows: Any = records.values_list(*_COLUMNS).iterator(_ROWS_AT_ONCE)
    for record_id, logical_id, integration_key, config in rows:
        yield Stored(record_id, logical_id, integration_key or None, config)
