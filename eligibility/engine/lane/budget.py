"""How fast a lane may repeat failed conversations, so that an outage is not made worse (pure).

Repeats may come at a fifth of the pace of the lane's answers, and never slower than one a
second; a few may come at once. One that is over the budget waits for its turn, it is not failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

SHARE = 0.2
FLOOR = 1.0
"""Repeats a second, however few the answers are."""
AT_ONCE = 10
WINDOW = 60.0
"""Seconds over which the pace of the answers is measured."""


def repeats_a_second(answers: Sequence[datetime], now: datetime) -> float:
    """What the lane's newest answers allow."""
    recent = [seconds for at in answers if (seconds := (now - at).total_seconds()) < WINDOW]
    if not recent:
        return FLOOR
    return max(FLOOR, SHARE * len(recent) / max(*recent, 1.0))


def repeat_in(
    free_at: datetime | None, now: datetime, *, answers: Sequence[datetime]
) -> tuple[float, datetime]:
    """(seconds until one more repeat is paid for, the lane's new `retry_free_at`).

    A clock that runs ahead by one repeat each: the repeat may go once now is no further behind
    it than the repeats that may come at once.
    """
    each = timedelta(seconds=1 / repeats_a_second(answers, now))
    starts = max(free_at or now, now)
    wait = (starts - (AT_ONCE - 1) * each - now).total_seconds()
    return max(wait, 0.0), starts + each
