"""Which lanes have work, and how many of their slots are free."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from eligibility.choices import Priority
from eligibility.engine import clock
from eligibility.engine.moves import Limits


@dataclass(frozen=True, slots=True)
class Lane:
    """A connection whose row this transaction has locked. Times are seconds."""

    id: int
    connector: str
    base_url: str
    settings: str
    deadline: float
    limits: Limits
    free: int


def _has_due_rows() -> str:
    """True for a connection `c` with a due row: one index probe per priority."""
    probes = [
        "EXISTS (SELECT 1 FROM eligibility_eligibilitytask t WHERE t.connection_id = c.id"
        " AND t.status IN ('pending', 'waiting')"
        f" AND t.priority = {priority.value} AND t.run_at <= {clock.now()})"
        for priority in Priority
    ]
    return "(" + " OR ".join(probes) + ")"


def any_due() -> bool:
    """Whether some open lane has a due row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM eligibility_connection c"
            f" WHERE c.is_active AND {_has_due_rows()} LIMIT 1",
            [],
        )
        return cursor.fetchone() is not None


def lock_due() -> list[Lane]:
    """Lock the open lanes with due rows and count their free slots.

    A lane that another worker holds is left out: that worker is claiming from it right now.
    The count is a second statement, so that it sees what was committed before the lock was
    had. FOR NO KEY UPDATE does not wait for an intake that merely refers to the lane.
    """
    lock = " FOR NO KEY UPDATE OF c SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.connector, c.base_url, CAST(c.settings AS text), c.deadline,"
            " c.max_in_flight, c.max_conversations, c.give_up_after, c.backoff_min,"
            " c.backoff_max FROM eligibility_connection c"
            f" WHERE c.is_active AND {_has_due_rows()} ORDER BY c.id{lock}",
            [],
        )
        locked = cursor.fetchall()
        if not locked:
            return []
        marks = ", ".join(["%s"] * len(locked))
        cursor.execute(
            "SELECT connection_id, count(*) FROM eligibility_eligibilitytask"
            f" WHERE status = 'running' AND connection_id IN ({marks}) GROUP BY connection_id",
            [row[0] for row in locked],
        )
        running = dict(cursor.fetchall())
    return [
        Lane(
            pk, connector, base_url, settings, deadline, Limits(*limits), most - running.get(pk, 0)
        )
        for pk, connector, base_url, settings, deadline, most, *limits in locked
    ]
