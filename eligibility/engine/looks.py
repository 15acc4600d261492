"""When to look again at a conversation that the payer takes minutes for.

No worker sleeps meanwhile and no slot of the lane is held: the row waits in line like any other,
with the payer's handle and the time of its next look. The schedule learns from the lane: a first
look shortly before answers usually come, then closer ones, then fewer and fewer.
"""

from __future__ import annotations

import time
from statistics import median

from django.db import connection

from eligibility.engine.rows import TASK

SOONEST = 0.2
LATEST = 24 * 3600.0
FIRST_AT = 0.8
"""Of the usual time. Not 1: a payer that has become faster would never be seen to be."""
CLOSE = 0.1
"""Of the usual time: the pause between looks while the answer is due any moment."""
OVERDUE = 2.0
"""Times the usual time: from then on the pauses grow with the delay."""
GROWTH = 0.2
"""Of the time waited: the pause when nothing usual is known, or it is long past."""

SAMPLE = 50
ENOUGH = 10
LEARN_EVERY = 60.0


def next_look(*, asked: float, promised: float, usual: float | None, left: float) -> float:
    """Seconds until the next look. All times in seconds.

    `asked` is how long ago the question was asked, `promised` the payer's own wish, which is
    never undercut, `usual` how long answers of this lane take (None: not known), `left` what is
    left of the time it has: the last look is then, not later.
    """
    wanted = max(SOONEST, promised)  # in this order a payer's NaN is the soonest
    after = max(wanted, _by_habit(asked, usual))
    if left > 0:
        after = min(after, max(left, SOONEST))
    return min(after, LATEST)


def _by_habit(asked: float, usual: float | None) -> float:
    """What the lane's habit suggests, whatever the payer wishes."""
    if usual is None:
        return asked * GROWTH
    if asked < usual * FIRST_AT:
        return max(usual * FIRST_AT - asked, usual * CLOSE)
    if asked < usual * OVERDUE:
        return usual * CLOSE
    return max(usual * CLOSE, (asked - usual) * GROWTH)


class Habits:
    """How long the answers of each lane usually take; asked of the database once a minute."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, float | None]] = {}

    def usual(self, lane_id: int) -> float | None:
        """Seconds from the question to the answer, the median of the last answers.

        None as long as there are few. Only answers that were waited for count: rows that were
        answered at once say nothing about those that are not.
        """
        learned_at, usual = self._known.get(lane_id, (float("-inf"), None))
        if time.monotonic() - learned_at > LEARN_EVERY:
            usual = _median(_last_waits(lane_id))
            self._known[lane_id] = (time.monotonic(), usual)
        return usual


def _median(waits: list[float]) -> float | None:
    return median(waits) if len(waits) >= ENOUGH else None


def _last_waits(lane_id: int) -> list[float]:
    """The lengths in seconds of those of the lane's last conversations that were waited for."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.milliseconds FROM (SELECT id FROM {TASK} WHERE connection_id = %s"
            " AND status IN ('done', 'failed') -- the index's own words\n"
            f" AND outcome <> '' ORDER BY finished_at DESC LIMIT {SAMPLE}) AS t"
            " JOIN eligibility_attempt a ON a.task_id = t.id"
            " WHERE a.state = 'answered' AND a.looks > 1 AND NOT a.late",
            [lane_id],
        )
        return [row[0] / 1000 for row in cursor.fetchall() if row[0] is not None]
