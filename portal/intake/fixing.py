"""Settle a rejected row: accept it with what it says now, or discard it.

What a row becomes is its app's affair: each registers `accept` for its kind of submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from portal import audit
from portal.intake.issues import Issue
from portal.intake.races import winning_races
from portal.intake.reports import Report
from portal.models import RejectedRow, RowState, Submission, Verb

_SCOPE = ("submission__team_id", "submission__clinic_id")


class FixStatus(StrEnum):
    """What became of a correction."""

    FIXED = "fixed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Fixed:
    """The answer to a correction.

    `made_id` is the id of what the row is or became; `message` says a conflict in words for
    staff; `changed` names the fields that differ now.
    """

    status: FixStatus
    made_id: str | None = None
    message: str = ""
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


CHANGED_MEANWHILE = "Somebody else changed this row meanwhile. Look at it again before you save."
SETTLED_ALREADY = "This row has been settled already."


def count_fix(report: Report, fixed: Fixed) -> list[Issue] | None:
    """Count what became of a correction that a file brought; why it is not in, None when it is."""
    if fixed.status is FixStatus.FIXED:
        report.fixed += 1
        report.count_doubts(fixed.warnings)
        return None
    if fixed.status is FixStatus.UNCHANGED:
        report.unchanged += 1
        return None
    if fixed.status is FixStatus.REJECTED:
        report.rejected += 1
        errors = fixed.errors
    else:
        report.conflicts += 1
        message = fixed.message or CHANGED_MEANWHILE
        errors = [Issue("", f"row.{fixed.status.value}", message)]
    report.count_errors(errors)
    return errors


class Accept(Protocol):
    """How rows of one kind are accepted. Belongs to the caller's transaction.

    Answers FIXED with what it made at that line, or REJECTED with the errors and nothing made.
    """

    def __call__(
        self, *, submission: Submission, line: int, raw: Any, actor: str, profile: str
    ) -> Fixed:
        """Check the row as it is now and make of it what its submission asked for."""


_accept: dict[str, tuple[Accept, str]] = {}


def register(kind: str, accept: Accept, *, unique: str) -> None:
    """Say how rejected rows of this kind are accepted; called by the app's `ready`.

    `unique` names the constraint that two rows which become the same thing meet at
    (`races.winning_races`).
    """
    _accept[kind] = accept, unique


def fix_rejected(
    *,
    row: RejectedRow,
    raw: Mapping[str, Any],
    version: int,
    actor: str,
    profile: str = "lenient",
    accept: Accept | None = None,
) -> Fixed:
    """Accept a rejected row with what it says now, at its place in its submission.

    `version` is the one that the editor saw. A row that is still wrong changes nothing and comes
    back with its errors. `accept` is another way than its kind's own to accept this row.
    """
    usual, unique = _accept[Submission.objects.values_list("kind").get(pk=row.submission_id)[0]]
    way = accept or usual
    return winning_races(
        lambda: _fix(way, row, version, raw=raw, actor=actor, profile=profile), unique=unique
    )


def _fix(accept: Accept, row: RejectedRow, version: int, **correction: Any) -> Fixed:
    row = RejectedRow.objects.select_for_update(of=("self",)).get(pk=row.pk)
    submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("team", "clinic")
        .get(pk=row.submission_id)
    )
    if row.state != RowState.OPEN:
        return Fixed(FixStatus.GONE, row.accepted_as or None, SETTLED_ALREADY)
    if row.version != version:
        return Fixed(FixStatus.CONFLICT, None, CHANGED_MEANWHILE)
    fixed = accept(submission=submission, line=row.line, **correction)
    if fixed.status is not FixStatus.FIXED:
        return fixed
    RejectedRow.objects.filter(pk=row.pk).update(
        state=RowState.ACCEPTED,
        accepted_as=fixed.made_id,
        version=F("version") + 1,
        updated_at=timezone.now(),
    )
    Submission.objects.filter(pk=submission.pk).update(
        accepted_rows=F("accepted_rows") + 1, rejected_rows=F("rejected_rows") - 1
    )
    return fixed


@transaction.atomic
def discard_rejected(*, row: RejectedRow, version: int) -> Fixed:
    """Settle a rejected row with nothing made of it: nobody needs it any more."""
    won = RejectedRow.objects.filter(pk=row.pk, version=version, state=RowState.OPEN).update(
        state=RowState.DISCARDED, version=F("version") + 1, updated_at=timezone.now()
    )
    return Fixed(
        FixStatus.FIXED if won else FixStatus.CONFLICT, message="" if won else CHANGED_MEANWHILE
    )


@transaction.atomic
def discard_rows(*, rows: QuerySet[RejectedRow], actor: str) -> tuple[int, int]:
    """Settle open rejected rows with nothing made of them: nobody needs them any more.

    Rows that are settled already stay as they are. Returns how many moved, and how many did not.
    Writes an audit event for each discarded row.
    """
    own = RejectedRow.objects.filter(pk__in=rows.order_by().values("pk"))
    held = own.select_for_update(of=("self",)).order_by("pk")
    found = list(held.values_list("pk", "state", "line", "submission_id", *_SCOPE))
    moving = [row for row in found if row[1] == RowState.OPEN]
    RejectedRow.objects.with_ids([row[0] for row in moving]).discard()
    kind = RejectedRow._meta.label_lower
    targets = [
        audit.Target(kind, str(pk), f"line {line} of {submission}", team_id, clinic_id)
        for pk, _, line, submission, team_id, clinic_id in moving
    ]
    if targets:
        audit.record_many(verb=Verb.DISCARDED, actor=actor, targets=targets)
    return len(moving), len(found) - len(moving)
