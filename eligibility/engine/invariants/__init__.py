"""What must be true of a live database at any moment, as queries that find what is not.

The names are those of the design (I1 accepted rows end once, I2 no call twice, …). Each query
returns the ids of offending rows, and each has a count of the rows it looked at, so that a
check of an empty table is not taken for a proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models.functions import Now

from eligibility.engine.invariants.calls import CALLS
from eligibility.engine.invariants.intake import INTAKE
from eligibility.engine.invariants.promise import Finding, Invariant, find
from eligibility.engine.invariants.rows import ROWS
from eligibility.engine.invariants.webhooks import WEBHOOKS
from eligibility.models import InvariantResult

INVARIANTS: tuple[Invariant, ...] = tuple(
    sorted((*ROWS, *CALLS, *INTAKE, *WEBHOOKS), key=lambda each: int(each.name[1:]))
)

__all__ = ["INVARIANTS", "Finding", "Invariant", "check", "keep"]


def check() -> list[Finding]:
    """Evaluate every invariant."""
    return [find(invariant) for invariant in INVARIANTS]


def keep(findings: Sequence[Finding]) -> None:
    """Keep what was found, one row a name: /metrics tells of the last check."""
    names = dict.fromkeys(each.invariant.name for each in findings)
    mine = {name: [each for each in findings if each.invariant.name == name] for name in names}
    InvariantResult.objects.bulk_create(
        [
            InvariantResult(
                name=name,
                examined=sum(each.examined for each in found),
                violations=sum(each.count for each in found),
                checked_at=Now(),
            )
            for name, found in mine.items()
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["examined", "violations", "checked_at"],
    )
