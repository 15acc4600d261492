"""How long a row has really been tried: time in a held lane does not count (pure).

A lane keeps one clock of its held time: `closed_seconds` up to `closed_from`, and from there
until `closed_until`. Blackouts follow from the calendar, so the clock leaves them out, and the
age of a row leaves out both. A row notes the clock when it is first claimed; what the clock
has gained since is taken off its age.

The clock is told by whoever closes or opens a lane, and by the claim and the dispatcher when
they meet due rows of a lane whose closing nobody told (`follow`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from eligibility.choices import HeldReason
from eligibility.engine.lane import hours, pace
from eligibility.engine.lane.held import held
from eligibility.models import Connection, LaneState

SMALL = 0.05
"""Seconds that are not worth a write."""


def held_seconds(lane: Connection, state: LaneState, now: datetime) -> float:
    """What the lane's clock of held time shows, blackouts left out."""
    start, end = state.closed_from, min(state.closed_until or now, now)
    running = hours.open_seconds(lane, start, end) if start is not None else 0.0
    return float(state.closed_seconds) + running


def tried_for(
    lane: Connection, state: LaneState, now: datetime, *, since: datetime, held_then: float
) -> float:
    """Seconds since a row was first claimed, held time left out: 0 to all that passed.

    `held_then` is what the clock of held time showed then.
    """
    gained = max(held_seconds(lane, state, now) - held_then, 0.0)
    return max(hours.open_seconds(lane, since, now) - gained, 0.0)


def follow(lane: Connection, state: LaneState, now: datetime) -> dict[str, Any]:
    """What changes in the lane's clock so that it knows how the lane stands now."""
    found = held(lane, state, now)
    if found is None or found.reason is HeldReason.BLACKOUT:
        return _opened(state, now)
    return _closed(lane, state, now, _until(lane, state, now, found.until))


def _until(
    lane: Connection, state: LaneState, now: datetime, first: datetime | None
) -> datetime | None:
    """When the last of several reasons ends."""
    if first is None:
        return None
    ends = [first, state.open_until, state.throttled_until]
    if pace.calls_left(lane, state, now) < 1:
        ends.append(pace.next_call_at(lane, state, now))
    return max(each for each in ends if each is not None)


def _is_same(one: datetime | None, other: datetime | None) -> bool:
    """Whether two ends are the same but for what is lost in reckoning."""
    if one is None or other is None:
        return one is other
    return abs((one - other).total_seconds()) < SMALL


def _opened(state: LaneState, now: datetime) -> dict[str, Any]:
    if state.closed_from is None or (state.closed_until is not None and state.closed_until <= now):
        return {}
    return {"closed_until": max(now, state.closed_from)}


def _closed(
    lane: Connection, state: LaneState, now: datetime, until: datetime | None
) -> dict[str, Any]:
    is_running = state.closed_from is not None and (
        state.closed_until is None or state.closed_until >= now
    )
    if is_running:
        return {} if _is_same(until, state.closed_until) else {"closed_until": until}
    return {
        "closed_seconds": held_seconds(lane, state, now),
        "closed_from": now,
        "closed_until": until,
    }
