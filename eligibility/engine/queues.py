"""The groups inside a lane that take turns: its clinics, and their batches.

Found by leaps through an index, from one group to the next: the number of rows does not matter.
"""

from __future__ import annotations

from django.db import connection

from eligibility import clock
from eligibility.choices import Priority
from eligibility.engine.lane.turns import Group
from eligibility.engine.rows import TASK

MOST_BATCHES = 256
"""Batches of a clinic that are looked at, the oldest first; those behind wait for them."""
OF_GROUP = "clinic_id = %s AND COALESCE(batch_id, clinic_id) = %s"
_BATCH = "COALESCE(t.batch_id, t.clinic_id)"


def due_groups(lane_id: int, priority: Priority) -> list[Group]:
    """The groups with a due row of this lane and priority, clinic by clinic, oldest first."""
    line = (
        f"FROM {TASK} t WHERE t.connection_id = %s AND t.priority = {priority.value}"
        " AND t.status IN ('pending', 'waiting')"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE clinics(clinic) AS (
                SELECT (SELECT t.clinic_id {line} ORDER BY t.clinic_id LIMIT 1)
                UNION ALL
                SELECT (SELECT t.clinic_id {line} AND t.clinic_id > c.clinic
                        ORDER BY t.clinic_id LIMIT 1)
                FROM clinics c WHERE c.clinic IS NOT NULL
            ), batches(clinic, batch, number) AS (
                SELECT c.clinic, (SELECT {_BATCH} {line} AND t.clinic_id = c.clinic
                                  ORDER BY {_BATCH} LIMIT 1), 1
                FROM clinics c WHERE c.clinic IS NOT NULL
                UNION ALL
                SELECT b.clinic, (SELECT {_BATCH} {line} AND t.clinic_id = b.clinic
                                  AND {_BATCH} > b.batch ORDER BY {_BATCH} LIMIT 1), b.number + 1
                FROM batches b WHERE b.batch IS NOT NULL AND b.number < {MOST_BATCHES}
            )
            SELECT b.clinic, b.batch FROM batches b WHERE b.batch IS NOT NULL AND (
                SELECT 1 {line} AND t.clinic_id = b.clinic AND {_BATCH} = b.batch
                AND t.run_at <= {clock.now()} ORDER BY t.run_at LIMIT 1) IS NOT NULL
            ORDER BY b.clinic, b.batch
            """,
            [lane_id] * 5,
        )
        return [Group(*row) for row in cursor.fetchall()]


def in_flight(lane_id: int) -> dict[Group, int]:
    """How many rows of each group are in workers' hands."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT clinic_id, COALESCE(batch_id, clinic_id), count(*) FROM {TASK}"
            " WHERE connection_id = %s AND status = 'running'"
            " GROUP BY clinic_id, COALESCE(batch_id, clinic_id)",
            [lane_id],
        )
        return {Group(clinic, batch): count for clinic, batch, count in cursor.fetchall()}
