"""Correct rows by a file that names them: the portal's own list of failed rows, edited.

Each line names a task or a rejected row by `row_id` and the `version` it was written from. What
nobody changed is left alone; what somebody else changed meanwhile is a conflict. Given back a
second time, the same file changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from eligibility import registry
from eligibility.files.columns import Columns
from eligibility.files.edits import edits_of, with_edits
from eligibility.files.report import FileReport
from eligibility.models import EligibilityTask
from eligibility.operations.filing import Watch, Wishes, note_import
from eligibility.operations.fixes import (
    fix_task,
)
from eligibility.operations.intake import KIND
from eligibility.question import row_of
from eligibility.rules import Checked, check_rows
from eligibility.schemas import WIRE_NAMES
from portal.intake.fixing import Fixed, FixStatus, count_fix, fix_rejected
from portal.intake.issues import Issue
from portal.intake.readers import Line, Table
from portal.models import RejectedRow, RowState

CHUNK = 500
"""Lines whose rows are looked up at once. Each correction is a transaction of its own."""

_FIXED_BY_FILE = WIRE_NAMES - {"client_reference"}
_UNCHANGED = Fixed(FixStatus.UNCHANGED)
Target = EligibilityTask | RejectedRow


@dataclass(frozen=True, slots=True)
class _Named:
    """One line, with the row and the version that it names; or why it names none."""

    line: Line
    row_id: UUID | None = None
    version: int = 0
    issue: Issue | None = None


def correct_rows(
    table: Table, columns: Columns, report: FileReport, *, wishes: Wishes, watch: Watch
) -> None:
    """Correct every row that the file names, among those of the clinic; count into `report`."""
    report.is_correction = True
    corrections = _Corrections(columns, report, wishes, watch)
    lines = iter(table.lines)
    while block := list(islice(lines, CHUNK)):
        corrections.take(block)
        watch.progress(report)
        if not watch.keep_going():
            return
    report.is_done = True


class _Corrections:
    """One run over one file's lines."""

    def __init__(self, columns: Columns, report: FileReport, wishes: Wishes, watch: Watch) -> None:
        self._columns = columns
        self._report = report
        self._wishes = wishes
        self._watch = watch
        self._lines: dict[UUID, int] = {}
        self._is_noted = False

    def take(self, lines: Sequence[Line]) -> None:
        """Correct the rows of some lines, in their order."""
        named = [self._read(line) for line in lines]
        targets = self._find([each.row_id for each in named if each.row_id is not None])
        for each in named:
            issue = each.issue
            if issue is None and each.row_id not in targets:
                message = "No row of this clinic has this id."
                issue = Issue("/row_id", "row_id.unknown", message, str(each.row_id))
            if issue is not None:
                self._count(each.line, Fixed(FixStatus.REJECTED, errors=[issue]))
            else:
                assert each.row_id is not None
                self._count(each.line, self._correct(each, targets[each.row_id]))

    def _read(self, line: Line) -> _Named:
        """Which row the line names. A row may be named once in a file."""
        if line.fault is not None:
            return _Named(line, issue=line.fault)
        row_id = _uuid(line.cells.get(self._columns.row_ids or "", ""))
        if row_id is None:
            message = "This is no row's id. New rows go into a file without the column row_id."
            return _Named(line, issue=Issue("/row_id", "row_id.format", message))
        first = self._lines.setdefault(row_id, line.number)
        if first != line.number:
            message = f"Line {first} of the file is about the same row."
            return _Named(line, issue=Issue("/row_id", "row_id.repeated", message))
        version = line.cells.get(self._columns.versions or "", "").strip()
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            message = "The version that the row was written from is missing."
            return _Named(line, issue=Issue("/version", "version.format", message))
        return _Named(line, row_id, int(version))

    def _find(self, ids: list[UUID]) -> dict[UUID, Target]:
        """The clinic's tasks and rejected rows with these ids."""
        clinic = self._wishes.clinic
        tasks = EligibilityTask.objects.of_clinic(clinic.pk).with_ids(ids)
        found: dict[UUID, Target] = {task.pk: task for task in tasks.select_related("payer")}
        rows = RejectedRow.objects.with_ids([pk for pk in ids if pk not in found])
        rows = rows.filter(submission__clinic=clinic, submission__kind=KIND)
        return found | {row.pk: row for row in rows}

    def _correct(self, named: _Named, target: Target) -> Fixed:
        cells = self._columns.cells(named.line.cells)
        with transaction.atomic():
            if isinstance(target, EligibilityTask):
                fixed = self._correct_task(target, cells, named.version)
            else:
                fixed = self._correct_rejected(target, cells, named.version)
            if self._wishes.dry_run:
                transaction.set_rollback(True)
            elif fixed.status is FixStatus.FIXED and not self._is_noted:
                note_import(self._wishes, self._report)
                self._is_noted = True
        return fixed

    def _correct_task(self, task: EligibilityTask, cells: dict[str, str], version: int) -> Fixed:
        stands = row_of(task)
        mine = {name: cell for name, cell in cells.items() if name in _FIXED_BY_FILE}
        edits = edits_of(mine, stands)
        edits = {name: value for name, value in edits.items() if name in _FIXED_BY_FILE}
        if not edits or (version != task.version and self._is_same_question(stands, edits)):
            return _UNCHANGED
        return fix_task(
            task=task,
            changes=edits,
            version=version,
            actor=self._wishes.actor,
            rerun=self._wishes.rerun,
            profile=self._wishes.profile,
        )

    def _is_same_question(self, stands: dict[str, Any], edits: dict[str, Any]) -> bool:
        """Whether the edits say, in other words, what stands there already."""
        before, after = self._check([stands, {**stands, **edits}])
        return not after.errors and _question(before) == _question(after)

    def _check(self, rows: list[dict[str, Any]]) -> list[Checked]:
        clinic = self._wishes.clinic
        return check_rows(
            rows,
            registry=registry.load().rules,
            profile=self._wishes.profile,
            timezone=clinic.zone,
            region=clinic.region,
            now=timezone.now(),
        )

    def _correct_rejected(self, row: RejectedRow, cells: dict[str, str], version: int) -> Fixed:
        stored = row.raw if isinstance(row.raw, dict) else {}
        corrected = with_edits(stored, edits_of(cells, stored))
        if corrected == stored or _came_in(row, corrected):
            return _UNCHANGED
        return fix_rejected(
            row=row,
            raw=corrected,
            version=version,
            actor=self._wishes.actor,
            profile=self._wishes.profile,
        )

    def _count(self, line: Line, fixed: Fixed) -> None:
        report = self._report
        report.rows += 1
        errors = count_fix(report, fixed)
        if errors is not None and self._watch.refused is not None:
            self._watch.refused(line, errors)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _question(checked: Checked) -> tuple[Any, ...]:
    """What a row asks, however it is written."""
    row = checked.row
    return (row and row.model_copy(update={"dob": ""}), checked.dob, checked.search_key)


def _came_in(row: RejectedRow, corrected: dict[str, Any]) -> bool:
    """Whether a rejected row has been accepted with just these values."""
    if row.state != RowState.ACCEPTED:
        return False
    accepted = EligibilityTask.objects.filter(pk=row.accepted_as)
    return corrected in list(accepted.values_list("request_dump", flat=True))
