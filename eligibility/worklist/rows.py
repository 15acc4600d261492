"""The rows of the worklist, set by set. A group is an index scan however many rows wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from eligibility.choices import Review
from eligibility.models import EligibilityTask, Payer
from eligibility.operations.create import KIND
from eligibility.worklist.filters import Filters
from eligibility.worklist.groups import Group, GroupKey, Kind, Tally, in_order_of_work
from portal.models import RejectedRow, RowState, Submission

Row = EligibilityTask | RejectedRow


@dataclass(frozen=True, slots=True)
class Worklist:
    """What waits for people in these clinics, narrowed by filters.

    `zone` says when a day begins. Rows come oldest first, those of one request in its order.
    """

    clinics: tuple[UUID, ...]
    filters: Filters
    zone: tzinfo

    def groups(self) -> list[Group]:
        """Every group with its count, the most urgent first. Four queries."""
        payers = {pk: (code, name) for pk, code, name in _payers()}
        tally = Tally(dict(payers.values()))
        for _, payer_id, failure, outcome, count, oldest in self._task_counts():
            kind = Kind.FAILED if failure else Kind.ANSWER
            key = GroupKey(kind, payers[payer_id][0], failure or outcome)
            tally.add(key, count, oldest)
        for key, count, oldest in self._rejected_counts():
            tally.add(key, count, oldest)
        return in_order_of_work(tally.groups())

    def rows(self, key: GroupKey) -> QuerySet[Any]:
        """The rows of one group in the order of the list."""
        return self.rejected(key) if key.kind is Kind.REJECTED else self.tasks(key)

    def tasks(self, key: GroupKey | None = None) -> QuerySet[EligibilityTask]:
        """Failed rows and doubtful answers that nobody has settled, of one group or of all."""
        found = EligibilityTask.objects.filter(
            clinic__in=self._clinics(), parent=None, review=Review.NEEDS_ATTENTION
        )
        if self.filters.payer:
            found = found.filter(payer__code=self.filters.payer)
        if self.filters.batch:
            found = found.filter(batch=self.filters.batch)
        if begins_at := self.filters.begins_at(self.zone):
            found = found.filter(created_at__gte=begins_at)
        if key is not None:
            answer = key.kind is Kind.ANSWER
            failure, outcome = ("", key.cause) if answer else (key.cause, "")
            found = found.filter(payer__code=key.payer, failure=failure, outcome=outcome)
        return found.order_by("created_at", "id")

    def rejected(self, key: GroupKey | None = None) -> QuerySet[RejectedRow]:
        """Rejected rows that still wait, of one group or of all."""
        found = RejectedRow.objects.filter(
            state=RowState.OPEN, submission__in=self._submissions().values("pk")
        )
        if self.filters.payer:
            found = found.filter(topic=self.filters.payer)
        if key is not None:
            found = found.filter(topic=key.payer, cause=key.cause)
        return found.order_by("submission_id", "line")

    def next_after(self, key: GroupKey, row: Row) -> Row | None:
        """The row of the group that follows this one; behind the last comes the first again."""
        others: Any = self.rows(key).exclude(pk=row.pk)
        return others.filter(_follows(row)).first() or others.first()

    def _clinics(self) -> list[UUID]:
        """A clinic that the person does not belong to shows nothing, whatever an address says."""
        wanted = self.filters.clinic
        return [pk for pk in self.clinics if wanted is None or pk == wanted]

    def _submissions(self) -> QuerySet[Submission]:
        """What came in for these clinics, as far as the filters allow."""
        found = Submission.objects.filter(kind=KIND, clinic__in=self._clinics())
        if self.filters.batch:
            found = found.filter(batch=self.filters.batch)
        if begins_at := self.filters.begins_at(self.zone):
            found = found.filter(created_at__gte=begins_at)
        return found

    def _task_counts(self) -> Iterable[tuple[Any, ...]]:
        """Counted clinic by clinic, which is the index's own order: nothing is sorted."""
        parts = self.tasks().order_by().values_list("clinic_id", "payer_id", "failure", "outcome")
        return parts.annotate(Count("id"), Min("created_at"))

    def _rejected_counts(self) -> Iterable[tuple[GroupKey, int, datetime]]:
        """Counted submission by submission, for the same reason."""
        parts = self.rejected().order_by().values_list("topic", "cause", "submission_id")
        counts: Counter[GroupKey] = Counter()
        first: dict[GroupKey, UUID] = {}
        for topic, cause, submission_id, count in parts.annotate(Count("id")):
            key = GroupKey(Kind.REJECTED, topic, cause)
            counts[key] += count
            first[key] = min(submission_id, first.get(key, submission_id))  # ids rise with time
        came_in = dict(
            Submission.objects.filter(pk__in=set(first.values())).values_list("pk", "created_at")
        )
        return [(key, count, came_in[first[key]]) for key, count in counts.items()]


def key_of(row: Row, payer: str) -> GroupKey:
    """The group of a row that is on the worklist, or was; `payer` is its payer's code."""
    if isinstance(row, RejectedRow):
        return GroupKey(Kind.REJECTED, row.topic, row.cause)
    if row.outcome:
        return GroupKey(Kind.ANSWER, payer, row.outcome)
    return GroupKey(Kind.FAILED, payer, row.failure)


def _payers() -> Iterable[tuple[int, str, str]]:
    return Payer.objects.values_list("pk", "code", "name")


def _follows(row: Row) -> Q:
    """The rows behind this one in the list's order."""
    if isinstance(row, RejectedRow):
        later = Q(submission_id__gt=row.submission_id) | Q(line__gt=row.line)
        return Q(submission_id__gte=row.submission_id) & later
    later = Q(created_at__gt=row.created_at) | Q(id__gt=row.pk)
    return Q(created_at__gte=row.created_at) & later
