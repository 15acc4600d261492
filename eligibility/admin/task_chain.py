"""A check's chain of answers: which one counts, what the others said, and what is new in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import F

from eligibility.choices import AttemptState, Failure, Outcome, Status
from eligibility.models import Attempt, EligibilityTask, Result, TaskRevision
from eligibility.presentation.changes import changes
from eligibility.results import contradicts
from portal import moments

_NAMED = frozenset({"tpa_name", "id_type", "id_value", "visit_type", "service_date", "test_mode"})
"""The fields (wire names) that make another question of a row."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new since the payer was asked last: `since` says when that was, in words.

    No `changes`: the answer is the same.
    """

    since: str
    changes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Chain:
    """The conversations about a check, newest first, and the answer that counts."""

    task: EligibilityTask
    attempts: Sequence[Attempt]
    revisions: Sequence[TaskRevision]
    before: Result | None = None
    """The answer before the one that counts, to the same question about the same person."""

    @property
    def stands(self) -> bool:
        """Whether the answer that the check has is about what it asks today."""
        task = self.task
        return task.result is not None and task.result_question == task.question_number

    @property
    def is_contradicted(self) -> bool:
        """Whether the payer has said no since the yes that counts."""
        shown = self.task.result
        if shown is None or not self.stands:
            return False
        return any(
            contradicts(each.outcome, shown.outcome)
            for each in self.answers()
            if each.created_at > shown.created_at
        )

    def answers(self) -> list[Result]:
        """The answers in time to today's question that this check got itself, newest first."""
        found = [
            each.result
            for each in self.attempts
            if hasattr(each, "result") and not each.late and self.is_about_today(each.started_at)
        ]
        return sorted(found, key=lambda result: result.created_at, reverse=True)

    def is_about_today(self, moment: datetime) -> bool:
        """Whether the check asked at this moment what it asks today, corrections considered."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for revision in self.revisions:
            if revision.made_at > moment:
                for name, (old, new) in revision.changes.items():
                    if name in _NAMED:
                        before.setdefault(name, old)
                        after[name] = new
        return before == after

    def mark(self, attempt: Attempt) -> str:
        """What became of one conversation's answer, where that is not plain."""
        result = getattr(attempt, "result", None)
        if attempt.late:
            return "late: came after the check had moved on"
        if result is not None and not self.is_about_today(attempt.started_at):
            return "about the row as it was before"
        if result is None or result.pk == self.task.result_id:
            return ""
        return "superseded"

    def counts(self, attempt: Attempt) -> bool:
        """Whether people see this conversation's answer."""
        result = getattr(attempt, "result", None)
        return self.stands and result is not None and result.pk == self.task.result_id

    def aside(self, zone: tzinfo) -> str:
        """What the last conversation came to, when the card shows another one's answer.

        Empty when the card shows it, and for a failed check: that has a card for its failure.
        """
        shown = self.task.result
        ended = [each for each in self.attempts if each.state != AttemptState.OPEN]
        if shown is None or not ended or self.task.status == Status.FAILED:
            return ""
        last = ended[0]
        result = getattr(last, "result", None)
        if result is None or result.pk == shown.pk or last.started_at < shown.created_at:
            return ""
        said = f"said: {str(Outcome(result.outcome).label).lower()}"
        late = " It came late, after the check had moved on." if last.late else ""
        at = moments.at(last.started_at, zone)
        stands = "" if self.is_contradicted else " The earlier answer stands."
        return f"The payer was asked again on {at} and {said}.{late}{stands}"

    def failed_again(self, zone: tzinfo) -> str:
        """ "The re-run of 22 Nov 2026, 10:05 failed …": for a failed check whose answer stands."""
        task = self.task
        if task.status != Status.FAILED or not self.stands:
            return ""
        why = str(Failure(task.failure).label)
        ended = moments.at(task.finished_at, zone)
        return f"The re-run of {ended} failed: {why[:1].lower()}{why[1:]}. This answer stands."

    def late_answer(self) -> Result | None:
        """An answer that came late, to a check that has none in time to today's question."""
        if self.stands:
            return None
        late = [
            each.result
            for each in self.attempts
            if each.late and hasattr(each, "result") and self.is_about_today(each.started_at)
        ]
        return max(late, key=lambda result: result.created_at, default=None)

    def news(self, zone: tzinfo) -> News | None:
        """What changed since last time; None where there was no last time."""
        shown, before = self.task.result, self.before
        if shown is None or before is None:
            return None
        day = moments.day(before.created_at.astimezone(zone).date())
        if before.created_at.astimezone(zone).date() == shown.created_at.astimezone(zone).date():
            day = moments.at(before.created_at, zone)
        found = changes(
            before.answer,
            shown.answer,
            outcomes=(before.outcome, shown.outcome),
            visit_type=self.task.visit_type,
        )
        return News(day, found)


def read_chain(
    task: EligibilityTask, attempts: Sequence[Attempt], revisions: Sequence[TaskRevision]
) -> Chain:
    """The chain with the answer of last time: this check's own, else the clinic's last one.

    That is the newest earlier answer of this payer about this identifier and visit type, whatever
    day the visit was on: people want to know what is new about the patient. One query, where the
    check has an answer and none of its own before it.
    """
    chain = Chain(task, attempts, revisions)
    shown = task.result
    if shown is None or not chain.stands:
        return chain
    own = [each for each in chain.answers() if each.created_at < shown.created_at]
    chain.before = own[0] if own else _of_the_clinic(task, shown)
    return chain


def _of_the_clinic(task: EligibilityTask, shown: Result) -> Result | None:
    like = EligibilityTask.objects.of_clinic(task.clinic_id).filter(
        id_key=task.id_key,
        id_type=task.id_type,
        payer=task.payer_id,
        visit_type=task.visit_type,
        test_mode=task.test_mode,
        result_question=F("question_number"),
        result__synthetic=shown.synthetic,
        result__created_at__lt=shown.created_at,
    )
    first = (
        like.exclude(pk=task.pk).select_related("result").order_by("-result__created_at").first()
    )
    return first.result if first else None
