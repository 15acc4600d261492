"""Rejected checks, fixed by groups: accepted at their lines, and taken back while nobody asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from eligibility.choices import Status
from eligibility.models import Batch, EligibilityTask
from eligibility.operations.create import accept_rows
from eligibility.operations.fix_plans import check_all
from eligibility.operations.intake import KIND, REFERENCE_KEY
from eligibility.rules import Checked
from portal.groupfix import Applied, RejectedRows
from portal.groupfix.kinds import Corrections
from portal.intake.issues import Issue
from portal.intake.races import winning_races
from portal.models import RejectedRow, Submission

T = TypeVar("T")

ALREADY_ASKED = "the payer has been asked about it already"
CHANGED_SINCE = "somebody has corrected it since"


class RejectedChecks(RejectedRows):
    """Rejected rows of `create_tasks` and of files."""

    name = submission_kind = KIND

    def in_transaction(self, store: Callable[[], T]) -> T:
        """Again when a request with the same references was faster."""
        return winning_races(store, unique=REFERENCE_KEY)

    def check(self, rows: Corrections) -> list[list[Issue]]:
        """Under each submission's own profile and clinic."""
        return [checked.errors for checked in _checked(rows)]

    def accept(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Submission by submission; a row that repeats another one's question becomes that one."""
        judged = _checked(rows)
        good: dict[UUID, list[tuple[int, Checked]]] = {}
        submissions: dict[UUID, Submission] = {}
        for (held, _), checked in zip(rows, judged, strict=True):
            if not checked.errors:
                submissions[held.row.submission_id] = held.row.submission
                good.setdefault(held.row.submission_id, []).append((held.row.line, checked))
        made = {
            key: accept_rows(submission=submissions[key], rows=mine, actor=actor)
            for key, mine in good.items()
        }
        return [
            Applied(errors=checked.errors)
            if checked.errors
            else Applied(made[held.row.submission_id][held.row.line])
            for (held, _), checked in zip(rows, judged, strict=True)
        ]

    def take_back(self, made: Sequence[tuple[RejectedRow, str]], *, actor: str) -> dict[str, str]:
        """Delete the checks that these rows became, unless a payer knows of them already.

        One that was there before, because the row repeated it, is left alone.
        """
        ids = {UUID(task_id) for _, task_id in made}
        lines = {(row.submission_id, row.line) for row, _ in made}
        held = EligibilityTask.objects.with_ids(ids).select_for_update(of=("self",)).order_by("pk")
        own = [task for task in held if (task.submission_id, task.line) in lines]
        left = {str(task.pk): why for task in own if (why := _why_it_stays(task))}
        taken = [task for task in own if str(task.pk) not in left]
        EligibilityTask.objects.with_ids([task.pk for task in taken]).delete()
        batches = Batch.objects.filter(pk__in={task.batch_id for task in taken})
        batches.filter(tasks=None).delete()
        return left


def _checked(rows: Corrections) -> list[Checked]:
    """Each row under its clinic's rules, in their order."""
    judged: dict[int, Checked] = {}
    for profile in ("lenient", "strict"):
        places = [n for n, (held, _) in enumerate(rows) if _profile(held.row) == profile]
        mine = check_all([(rows[n][0].row.submission.clinic, rows[n][1]) for n in places], profile)
        judged |= dict(zip(places, mine, strict=True))
    return [judged[place] for place in range(len(rows))]


def _profile(row: RejectedRow) -> str:
    return "strict" if row.submission.options.get("profile") == "strict" else "lenient"


def _why_it_stays(task: EligibilityTask) -> str:
    """Why a check cannot be unmade; empty when nothing has happened to it."""
    if task.status != Status.PENDING or task.first_claimed_at is not None:
        return ALREADY_ASKED
    return "" if task.version == 1 else CHANGED_SINCE
