"""Which lanes have work, and how many of their slots are free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from eligibility.choices import Priority
from eligibility.connectors.base import NO_SECRETS, Secrets
from eligibility.engine import clock, opened
from eligibility.engine.moves import Limits


@dataclass(frozen=True, slots=True)
class Lane:
    """A connection whose row this transaction has locked. Times are seconds.

    `due` holds the priorities that have due rows, the most urgent first. `reuses` says that
    answers which are fresh enough may stand for new questions (`engine.takeover`).
    """

    id: int
    connector: str
    base_url: str
    settings: str
    deadline: float
    limits: Limits
    free: int
    secrets: Secrets = NO_SECRETS
    due: tuple[Priority, ...] = tuple(Priority)
    reuses: bool = False


def _probes() -> list[str]:
    """For each priority, whether a connection `c` has a due row of it: one index probe each.

    Not EXISTS, and in order: PostgreSQL must not be led to hash all due rows, nor to walk over
    the table until it meets one.
    """
    return [
        "(SELECT 1 FROM eligibility_eligibilitytask t WHERE t.connection_id = c.id"
        " AND t.status IN ('pending', 'waiting')"
        f" AND t.priority = {priority.value} AND t.run_at <= {clock.now()}"
        " ORDER BY t.run_at LIMIT 1) IS NOT NULL"
        for priority in Priority
    ]


def _has_due_rows() -> str:
    """True for a connection `c` with a due row."""
    return "(" + " OR ".join(_probes()) + ")"


def any_due() -> bool:
    """Whether some open lane has a due row and a free slot for it.

    A full lane needs nobody to be woken: who holds its rows claims the next ones.
    """
    has_free_slot = (
        "(SELECT count(*) FROM eligibility_eligibilitytask r"
        " WHERE r.connection_id = c.id AND r.status = 'running') < c.max_in_flight"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM eligibility_connection c"
            f" WHERE c.is_active AND {_has_due_rows()} AND {has_free_slot} LIMIT 1",
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
            "SELECT c.id, c.secrets_version, c.connector, c.base_url,"
            " CAST(c.settings AS text), c.deadline,"
            " c.max_in_flight, c.max_conversations, c.give_up_after, c.backoff_min,"
            " c.backoff_max, c.answer_within, CAST(c.freshness AS text),"
            f" {', '.join(_probes())} FROM eligibility_connection c"
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
    return [_lane(row, running.get(row[0], 0)) for row in locked]


def _lane(row: Sequence[Any], running: int) -> Lane:
    pk, version, connector, base_url, settings, deadline, most, *others = row
    limits, freshness, due = others[:5], others[5], others[6:]
    return Lane(
        pk,
        connector,
        base_url,
        settings,
        deadline,
        Limits(*limits),
        free=most - running,
        secrets=opened.secrets_of(pk, version),
        due=tuple(priority for priority, is_due in zip(Priority, due, strict=True) if is_due),
        reuses=freshness != "{}",
    )
