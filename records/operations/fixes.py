"""A row that was rejected before, accepted at its place in its submission."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from portal.intake.fixing import Fixed, FixStatus
from portal.models import Submission
from records.choices import OnConflict
from records.operations.answers import Intake
from records.operations.create import check
from records.operations.refused import close_replaced
from records.operations.store import id_of, is_good, sort_out, store_records


def accept_rejected(
    *, submission: Submission, line: int, raw: Any, actor: str, profile: str
) -> Fixed:
    """Store the record of a corrected row, or say why not (`portal.intake.fixing.Accept`).

    What the submission asked for holds for it too: with `on_conflict=update` it takes over a
    record that is stored already.
    """
    asked = submission.options.get("on_conflict", OnConflict.ERROR.value)
    intake = Intake(
        team=submission.team,
        clinic=submission.clinic,
        actor=actor,
        source=submission.source,
        request_id=submission.request_id,
        profile=profile,
        on_conflict=OnConflict(asked),
        now=timezone.now(),
        lines=[line],
    )
    entries = sort_out(intake, check(intake, [raw]))
    store_records(intake, entries, submission.pk)
    (entry,) = entries
    if not is_good(entry):
        return Fixed(FixStatus.REJECTED, errors=entry.errors, warnings=entry.warnings)
    close_replaced(intake, entries, submission)
    return Fixed(FixStatus.FIXED, id_of(entry), warnings=entry.warnings)
