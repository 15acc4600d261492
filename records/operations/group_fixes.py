"""Rejected records, fixed by groups: stored at their lines, and taken back while untouched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.utils import timezone

from portal.groupfix import Applied, RejectedRows
from portal.groupfix.kinds import Corrections
from portal.intake.issues import Issue
from portal.intake.races import winning_races
from portal.models import RejectedRow, Submission
from records.choices import Change
from records.models import ResourceRecord
from records.operations.answers import Stored
from records.operations.create import create_records
from records.operations.fixes import accept_rows
from records.operations.history import note_changes
from records.operations.refused import KIND
from records.operations.store import CONSTRAINT
from records.rules.suggestions import take

T = TypeVar("T")

CHANGED_SINCE = "somebody has changed the record since"
WAS_THERE = "it changed a record that was stored before: correct it on the record's own page"
_NOT_IN_PLACE = frozenset({"field.unknown", "hours.day", "hours.order", "hours.overlap"})
"""Faults whose suggestion does not stand where the fault is (`rules.suggestions`)."""


class RejectedRecords(RejectedRows):
    """Rejected rows of `create_records` and of files."""

    name = submission_kind = KIND

    def in_transaction(self, store: Callable[[], T]) -> T:
        """Again when a request with the same logical ids was faster."""
        return winning_races(store, unique=CONSTRAINT)

    def put(self, row: Any, error: dict[str, Any], wanted: Any) -> Any:
        """Suggestions are taken as the rules mean them; anything else goes where the fault is."""
        if wanted is None or error["code"] not in _NOT_IN_PLACE:
            return super().put(row, error, wanted)
        taken = take(row, pointer=error["pointer"], code=error["code"], suggestion=wanted)
        return row if taken is None else taken

    def check(self, rows: Corrections) -> list[list[Issue]]:
        """As a rehearsal of each submission's own request would answer them."""
        found: list[list[Issue]] = [[] for _ in rows]
        for submission, places in _by_submission(rows):
            created = create_records(
                team=submission.team,
                actor="",
                rows=[rows[place][1] for place in places],
                lines=[rows[place][0].row.line for place in places],
                profile=profile_of(submission),
                on_conflict=submission.options.get("on_conflict", "error"),
                source=submission.source,
                dry_run=True,
            )
            for place, entry in zip(places, created.entries, strict=True):
                found[place] = entry.errors
        return found

    def accept(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Submission by submission, under its own profile."""
        found: dict[int, Applied] = {}
        for submission, places in _by_submission(rows):
            answers = accept_rows(
                submission=submission,
                rows=[(rows[place][0].row.line, rows[place][1]) for place in places],
                actor=actor,
                profile=profile_of(submission),
            )
            for place, fixed in zip(places, answers, strict=True):
                found[place] = Applied(fixed.made_id or "", errors=fixed.errors)
        return [found[place] for place in range(len(rows))]

    def take_back(self, made: Sequence[tuple[RejectedRow, str]], *, actor: str) -> dict[str, str]:
        """Delete the records that these rows became, with their history; changed ones stay."""
        lines = {record_id: (row.submission_id, row.line) for row, record_id in made}
        records = ResourceRecord.objects.with_ids(lines).select_for_update().order_by("pk")
        held = {record.pk: record for record in records}
        left = {
            record_id: why
            for record_id, line in lines.items()
            if (why := _why_it_stays(held.get(record_id), line))
        }
        taken = [record for record in held.values() if record.pk not in left]
        ResourceRecord.objects.with_ids([record.pk for record in taken]).delete()
        note_changes(
            Change.DELETED,
            [(Stored.of(record), None) for record in taken],
            actor=actor,
            now=timezone.now(),
            source=Submission.Source.FORM.value,
            request_id="",
        )
        return left


def profile_of(submission: Submission) -> str:
    """How strictly the rows of this submission are judged."""
    return str(submission.options.get("profile") or "lenient")


def _by_submission(rows: Corrections) -> list[tuple[Submission, list[int]]]:
    """Each submission with the places of its rows."""
    places: dict[Any, tuple[Submission, list[int]]] = {}
    for place, (held, _) in enumerate(rows):
        row = held.row
        places.setdefault(row.submission_id, (row.submission, []))[1].append(place)
    return list(places.values())


def _why_it_stays(record: ResourceRecord | None, line: tuple[Any, int]) -> str:
    """Why a record cannot be unmade; empty when nothing has happened to it."""
    if record is None:
        return CHANGED_SINCE
    if (record.submission_id, record.line) != line:
        return WAS_THERE
    return "" if record.version == 1 else CHANGED_SINCE
