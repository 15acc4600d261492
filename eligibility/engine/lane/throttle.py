"""A payer that asks us to slow down is obeyed: a pause, then half the pace, then more (pure).

After the pause the lane runs at half its earlier pace, slots and tokens alike, and doubles it
every minute (`pace.speed`). Asked again before that, it halves once more, down to a sixteenth.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from eligibility.engine.lane import pace
from eligibility.models import Connection, LaneState

SLOWEST = 1 / 16


def after_throttling(
    lane: Connection, state: LaneState, now: datetime, *, wish: float | None
) -> dict[str, Any]:
    """`wish` is the payer's Retry-After in seconds; without one the shortest pause is kept.

    Replies to calls that had left before the pause only make the pause longer.
    """
    patience = float(lane.give_up_after)
    pause = min(max(lane.backoff_min, wish or 0.0), patience)  # in this order NaN is the shortest
    until = now + timedelta(seconds=pause)
    if state.throttled_until is not None and now < state.throttled_until:
        return {"throttled_until": max(until, state.throttled_until)}
    slowness = max(pace.speed(state, now) / 2, SLOWEST)
    return {"throttled_at": now, "throttled_until": until, "slowness": slowness}
