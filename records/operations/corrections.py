"""Correct rejected rows by a file that names them: the portal's own list of them, edited.

Each row names a rejected row by `row_id` and the `version` it was written from. What nobody
changed is left alone; what somebody else changed meanwhile is a conflict. Given back a second
time, the same file changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from portal.intake.fixing import Fixed, FixStatus, count_fix, fix_rejected
from portal.intake.issues import Issue
from portal.models import RejectedRow, RowState
from records.choices import OnConflict
from records.importers.cells import without_nones
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID
from records.importers.report import RecordReport
from records.importers.rows import FileRow, Source
from records.models import ResourceRecord
from records.operations.filing import Watch, Wishes, note_import
from records.operations.known import add_what_stays, prepare
from records.operations.refused import KIND

_UNCHANGED = Fixed(FixStatus.UNCHANGED)


class Corrections:
    """The corrections of one file, counted into its report."""

    def __init__(self, source: Source, report: RecordReport, wishes: Wishes, watch: Watch) -> None:
        self._source = source
        self._report = report
        self._wishes = wishes
        self._watch = watch
        self._lines: dict[UUID, int] = {}
        self._is_noted = wishes.dry_run

    def take(self, rows: Sequence[FileRow]) -> None:
        """Correct the rows that these name, in their order, each in a transaction of its own."""
        ids = [_uuid(row.row_id) for row in rows]
        targets = self._find([each for each in ids if each is not None])
        for row, row_id in zip(rows, ids, strict=True):
            issue = self._fault(row, row_id, targets)
            if issue is not None:
                self._count(row, Fixed(FixStatus.REJECTED, errors=[issue]))
            else:
                assert row_id is not None
                self._count(row, self._correct(row, targets[row_id]), targets[row_id])

    def _find(self, ids: list[UUID]) -> dict[UUID, RejectedRow]:
        """The team's rejected rows with these ids."""
        rows = RejectedRow.objects.with_ids(ids).select_related("submission")
        mine = rows.filter(submission__team=self._wishes.team, submission__kind=KIND)
        return {row.pk: row for row in mine}

    def _fault(
        self, row: FileRow, row_id: UUID | None, targets: dict[UUID, RejectedRow]
    ) -> Issue | None:
        """Why the row names none. A row may be named once in a file."""
        if row_id is None:
            message = "This is no row's id. New rows go into a file without row_id."
            return Issue("/row_id", "row_id.format", message)
        first = self._lines.setdefault(row_id, row.line)
        if first != row.line:
            message = f"Line {first} of the file is about the same row."
            return Issue("/row_id", "row_id.repeated", message)
        if row_id not in targets:
            message = "No rejected row of this team has this id."
            return Issue("/row_id", "row_id.unknown", message, str(row_id))
        if not (row.version.isascii() and row.version.isdecimal() and len(row.version) < 10):
            message = "The version that the row was written from is missing."
            return Issue("/version", "version.format", message)
        return None

    def _correct(self, row: FileRow, target: RejectedRow) -> Fixed:
        stored = target.raw
        raw = self._raw(row, target)
        if raw == stored or _says_nothing(raw) or self._came_in(target, raw):
            return _UNCHANGED
        if row.errors:
            return Fixed(FixStatus.REJECTED, errors=list(row.errors))
        with transaction.atomic():
            fixed = fix_rejected(
                row=target,
                raw=raw,
                version=int(row.version),
                actor=self._wishes.actor,
                profile=self._wishes.profile,
            )
            if fixed.status is FixStatus.FIXED and not self._is_noted:
                note_import(self._wishes, self._report)
                self._is_noted = True
            if self._wishes.dry_run:
                transaction.set_rollback(True)
        return fixed

    def _raw(self, row: FileRow, target: RejectedRow) -> Any:
        """What the row says now, in the integration that it was brought in for."""
        (prepared,) = prepare([row], self._wishes)
        stored, raw = target.raw, prepared.raw
        if isinstance(raw, dict) and isinstance(stored, dict):
            brought_for = stored.get(INTEGRATION_ID)
            if row.raw.get(INTEGRATION_ID) is None and brought_for is not None:
                prepared.raw = {**raw, INTEGRATION_ID: brought_for}
        if target.submission.options.get("on_conflict") == OnConflict.UPDATE:
            add_what_stays([prepared], self._source, self._wishes)
        return prepared.raw

    def _came_in(self, target: RejectedRow, raw: Any) -> bool:
        """Whether a rejected row has been accepted with just these values."""
        if target.state != RowState.ACCEPTED or not isinstance(raw, dict):
            return False
        record = ResourceRecord.objects.filter(pk=target.accepted_as).first()
        return record is not None and without_nones(raw.get("config")) == without_nones(
            record.config
        )

    def _count(self, row: FileRow, fixed: Fixed, target: RejectedRow | None = None) -> None:
        report = self._report
        report.rows += 1
        report.corrections += 1
        if fixed.status is FixStatus.UNCHANGED and target is not None:
            report.waiting += target.state == RowState.OPEN
        errors = count_fix(report, fixed)
        if errors is not None and self._watch.refused is not None:
            self._watch.refused(row, errors)


def _says_nothing(raw: Any) -> bool:
    """Whether nobody has filled in a line that could not show its row: it was no record at all."""
    config = raw.get("config") if isinstance(raw, dict) else None
    is_empty = isinstance(config, dict) and config.keys() <= {"type"}
    return is_empty and not raw.get(LOGICAL_ID)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID((text or "").strip())
    except ValueError:
        return None
