"""One promise as a pair of queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection

MOST_SHOWN: Final = 20
TASK: Final = "eligibility_eligibilitytask"
ATTEMPT: Final = "eligibility_attempt"
EVENT: Final = "eligibility_taskevent"
FINAL: Final = "('done', 'failed', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise: `broken` selects the ids that break it, `examined` counts what was looked at.

    Where PostgreSQL says it in other words, those stand beside them.
    """

    name: str
    promise: str
    broken: str
    examined: str
    on_postgres: str = ""
    examined_on_postgres: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `ids` holds the first offenders."""

    invariant: Invariant
    examined: int
    count: int
    ids: list[str]


def find(invariant: Invariant) -> Finding:
    """Evaluate one promise on the live database."""
    broken, examined = invariant.broken, invariant.examined
    if connection.vendor == "postgresql":
        broken = invariant.on_postgres or broken
        examined = invariant.examined_on_postgres or examined
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({broken}) AS broken")
        count = cursor.fetchone()[0]
        ids = []
        if count:
            cursor.execute(f"{broken} LIMIT {MOST_SHOWN}")
            ids = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(examined)
        looked_at = cursor.fetchone()[0]
    return Finding(invariant, looked_at, count, ids)
