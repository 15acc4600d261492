"""What the rows of batches add up to: counted by the database, in one query for a page of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min

from eligibility.choices import FINAL, BatchStatus, Status
from eligibility.models import Batch, EligibilityTask
from eligibility.querysets import batch_status

State = tuple[str, str]
"""(status, outcome); the outcome is empty unless the row is done."""


@dataclass(slots=True)
class Tally:
    """The rows of one batch, or of one payer in it, by state. `asked_at` is the first question."""

    by_state: Counter[State] = field(default_factory=Counter)
    asked_at: datetime | None = None
    ended_at: datetime | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one group of rows: {status, outcome, rows, asked, ended}."""
        self.by_state[(row["status"], row["outcome"])] += row["rows"]
        self.asked_at = _earlier(self.asked_at, row["asked"])
        self.ended_at = _later(self.ended_at, row["ended"])

    @property
    def total(self) -> int:
        """All rows."""
        return self.by_state.total()

    @property
    def finished(self) -> int:
        """Rows with a final state."""
        return sum(count for (status, _), count in self.by_state.items() if status in FINAL)

    def of(self, status: str) -> int:
        """Rows in this state, whatever was answered."""
        return sum(count for (each, _), count in self.by_state.items() if each == status)

    def answered(self, outcome: str) -> int:
        """Rows with this answer."""
        return self.by_state[(Status.DONE.value, outcome)]


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)


COUNTED = {"rows": Count("pk"), "asked": Min("first_claimed_at"), "ended": Max("finished_at")}
"""What a query counts of each group of rows."""


def tallies(batch_ids: Sequence[UUID]) -> dict[UUID, Tally]:
    """The tally of each batch; of one without rows an empty one."""
    found = {pk: Tally() for pk in batch_ids}
    rows = EligibilityTask.objects.filter(batch__in=batch_ids, parent=None)
    for row in rows.order_by().values("batch_id", "status", "outcome").annotate(**COUNTED):
        found[row["batch_id"]].add(row)
    return found


def derived_status(batch: Batch, tally: Tally, now: datetime) -> BatchStatus:
    """The batch's status, by the one rule there is for it."""
    counted: Any = batch
    counted.total, counted.finished = tally.total, tally.finished
    counted.executed_at = tally.asked_at
    return batch_status(counted, now)


def with_tallies(batches: Iterable[Batch]) -> list[tuple[Batch, Tally]]:
    """The batches, each with its tally."""
    listed = list(batches)
    found = tallies([batch.pk for batch in listed])
    return [(batch, found[batch.pk]) for batch in listed]
