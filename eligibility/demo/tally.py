"""How far a batch is, counted from its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count

from eligibility.choices import FINAL, Failure, Outcome, Status
from eligibility.models import EligibilityTask


@dataclass(slots=True)
class Tally:
    """The rows of one batch by state; the counts add up to `total`."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failures: Counter[Failure] = field(default_factory=Counter)
    cancelled: int = 0
    open: Counter[Status] = field(default_factory=Counter)

    @property
    def final(self) -> int:
        """Rows whose state does not change any more by itself."""
        return self.outcomes.total() + self.failures.total() + self.cancelled

    @property
    def total(self) -> int:
        """All rows."""
        return self.final + self.open.total()

    def add(self, status: Status, outcome: str, failure: str, count: int) -> None:
        """Count rows of one state."""
        if status not in FINAL:
            self.open[status] += count
        elif status is Status.CANCELLED:
            self.cancelled += count
        elif status is Status.DONE:
            self.outcomes[Outcome(outcome)] += count
        else:
            self.failures[Failure(failure)] += count


def tally(batch_id: UUID) -> Tally:
    """Count the rows of a batch in one query."""
    found = Tally()
    rows = EligibilityTask.objects.filter(batch=batch_id, parent=None)
    states = rows.values_list("status", "outcome", "failure").annotate(rows=Count("pk"))
    for status, outcome, failure, count in states.order_by():
        found.add(Status(status), outcome, failure, count)
    return found


def stragglers(batch_id: UUID) -> list[str]:
    """The rows that are not final, grouped for a person: "3 running, payer TPA002"."""
    rows = EligibilityTask.objects.filter(batch=batch_id, parent=None).exclude(status__in=FINAL)
    groups = rows.values_list("status", "payer__code").annotate(rows=Count("pk"))
    return [f"{count} {status}, payer {code}" for status, code, count in groups.order_by("-rows")]
