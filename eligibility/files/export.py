"""Rows that failed, as a file to be edited and given back (`operations.import_file`).

A file going out is columns and rows, read from the database some hundred at a time;
`portal.exports.as_bytes` makes CSV or Excel of it. Whoever calls checks the permission and logs
the export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final

from django.db.models import QuerySet

from eligibility.choices import Failure, Status
from eligibility.files.appointments import APPOINTMENT
from eligibility.files.fields import ISSUE_COLUMNS, ROW_ID, VERSION
from eligibility.models import Batch, EligibilityTask
from eligibility.presentation.failures import FAILURES
from eligibility.question import row_of
from portal.models import RejectedRow

ROWS_AT_ONCE: Final = 500
EDITABLE: Final = (
    *("client_reference", APPOINTMENT, "service_date", "name", "dob", "phone"),
    *("id_type", "id_value", "tpa_name", "insurance_as_written", "visit_type"),
    *("doctorName", "payerName", "serviceType", "referralCode", "pod_id", "is_emergency"),
    *("extra_args", "priority", "scheduled_for", "force", "test_mode", "mode"),
)
"""The fields of a row, in the order in which people read them."""
FAILED_COLUMNS: Final = (ROW_ID, VERSION, *ISSUE_COLUMNS, *EDITABLE)

_SHOWN: Final = (APPOINTMENT, "insurance_as_written", "priority", "scheduled_for")
"""What a task's own columns do not hold, shown from its request."""

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file's columns and rows, once through. `count` is how many rows there were when asked."""

    columns: Sequence[str]
    rows: Iterator[Values]
    count: int


def failed_rows(batch: Batch) -> Outgoing:
    """The batch's failed tasks and the open rejected rows of its submission, by line."""
    tasks = EligibilityTask.objects.filter(batch=batch, parent=None, status=Status.FAILED)
    rejected = RejectedRow.objects.open().filter(submission=batch.submission_id)
    return rows_to_fix(tasks, rejected)


def rows_to_fix(
    tasks: QuerySet[EligibilityTask], rejected: QuerySet[RejectedRow] | None = None
) -> Outgoing:
    """These tasks and rejected rows as a file to fix, merged by line.

    Each row carries its id and version, what was wrong, and every field that can be edited.
    """
    rejected = RejectedRow.objects.none() if rejected is None else rejected
    chosen = tasks.select_related("payer").order_by("line", "pk")
    waiting = rejected.order_by("line", "pk")
    rows = merge(
        ((task.line or 0, _of_task(task)) for task in chosen.iterator(ROWS_AT_ONCE)),
        ((row.line, _of_rejected(row)) for row in waiting.iterator(ROWS_AT_ONCE)),
        key=lambda numbered: numbered[0],
    )
    count = tasks.count() + rejected.count()
    return Outgoing(FAILED_COLUMNS, (values for _, values in rows), count)


def issue_cells(line: int, issues: Sequence[Mapping[str, Any]]) -> Values:
    """The cells of ISSUE_COLUMNS for a row's issues (as `Issue.as_detail` tells them)."""
    fields = [str(each.get("pointer", "")).lstrip("/") for each in issues]
    suggestions = (each.get("suggestion") for each in issues)
    return (
        line,
        ", ".join(dict.fromkeys(filter(None, fields))),
        ", ".join(dict.fromkeys(str(each.get("code", "")) for each in issues)),
        " ".join(dict.fromkeys(str(each.get("message", "")) for each in issues)),
        next((each for each in suggestions if each is not None), None),
    )


def _of_task(task: EligibilityTask) -> Values:
    stands = row_of(task)
    if isinstance(task.request_dump, dict):
        shown = {name: task.request_dump.get(name) for name in _SHOWN}
        stands = shown | stands
    return (task.pk, task.version, *_failure_cells(task), *map(stands.get, EDITABLE))


def _of_rejected(row: RejectedRow) -> Values:
    raw = row.raw if isinstance(row.raw, dict) else {}
    cells = issue_cells(row.line, row.errors)
    return (row.pk, row.version, *cells, *map(raw.get, EDITABLE))


def _failure_cells(task: EligibilityTask) -> Values:
    """Why the task failed, what to do, and the doubts about the fields to look at."""
    explained = FAILURES[Failure(task.failure)] if task.failure else None
    likely = explained.look_at if explained else ()
    doubts = [each for each in task.warnings if str(each.get("pointer", ""))[1:] in likely]
    _, field, _, doubt, suggestion = issue_cells(0, doubts)
    title, advice = (explained.title, explained.advice) if explained else ("", "")
    said = [title + "." if title else "", task.failure_message, doubt, advice]
    message = " ".join(dict.fromkeys(filter(None, said)))
    return (task.line, field, task.failure, message, suggestion)
