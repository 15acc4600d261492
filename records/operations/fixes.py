"""A row that was rejected before, accepted at its place in its submission."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from portal.intake.fixing import Fixed, FixStatus
from portal.models import Submission
from records.choices import OnConflict
from records.operations.answers import Entry, Intake
from records.operations.create import check
from records.operations.refused import close_replaced
from records.operations.store import id_of, is_good, sort_out, store_records


def accept_rejected(
    *, submission: Submission, line: int, raw: Any, actor: str, profile: str
) -> Fixed:
    """Store the record of a corrected row, or say why not (`portal.intake.fixing.Accept`)."""
    (fixed,) = accept_rows(submission=submission, rows=[(line, raw)], actor=actor, profile=profile)
    return fixed


def accept_as_change(
    *, submission: Submission, line: int, raw: Any, actor: str, profile: str
) -> Fixed:
    """The same, but a record that is stored already takes over what the row says."""
    (fixed,) = accept_rows(
        submission=submission,
        rows=[(line, raw)],
        actor=actor,
        profile=profile,
        on_conflict=OnConflict.UPDATE.value,
    )
    return fixed


def accept_rows(
    *,
    submission: Submission,
    rows: Sequence[tuple[int, Any]],
    actor: str,
    profile: str,
    on_conflict: str = "",
) -> list[Fixed]:
    """Store the records of corrected rows (line, row) of one submission, an answer for each.

    What the submission asked for holds for them too, unless `on_conflict` says otherwise: with
    "update" they change records that are stored already. Belongs to the caller's transaction.
    """
    asked = on_conflict or submission.options.get("on_conflict", OnConflict.ERROR.value)
    intake = Intake(
        team=submission.team,
        clinic=submission.clinic,
        actor=actor,
        source=submission.source,
        request_id=submission.request_id,
        profile=profile,
        on_conflict=OnConflict(asked),
        now=timezone.now(),
        lines=[line for line, _ in rows],
    )
    entries = sort_out(intake, check(intake, [raw for _, raw in rows]))
    store_records(intake, entries, submission.pk)
    close_replaced(intake, [entry for entry in entries if is_good(entry)], submission)
    return [_answer(entry) for entry in entries]


def _answer(entry: Entry) -> Fixed:
    if not is_good(entry):
        return Fixed(FixStatus.REJECTED, errors=entry.errors, warnings=entry.warnings)
    return Fixed(FixStatus.FIXED, id_of(entry), warnings=entry.warnings)
