"""How many calls a lane may make now: token buckets for its windows, and the day's cap."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

from eligibility.lane_limits import Window, parse_windows
from eligibility.models import Connection, LaneState

BURST = 0.2
"""The share of a window that may be called at once, after a time without calls."""
RECOVERS_IN = 60.0
"""Seconds in which a lane that was asked to slow down doubles its pace again."""


def burst(window: Window) -> int:
    """How many calls may come at once: the bucket's size."""
    return max(1, math.ceil(window.calls * BURST))


def refill(window: Window) -> float:
    """Tokens a second. With the burst it makes less than `calls + 1` in any `seconds`."""
    return (window.calls + 1 - burst(window)) / window.seconds


def speed(state: LaneState, now: datetime) -> float:
    """The share of its pace that the lane may use: below 1 for a while after a throttling."""
    if state.slowness >= 1.0 or state.throttled_until is None:
        return 1.0
    seconds = max((now - state.throttled_until).total_seconds(), 0.0)
    return min(1.0, float(state.slowness) * math.exp2(min(seconds / RECOVERS_IN, 60.0)))


def slots(lane: Connection, state: LaneState, now: datetime) -> int:
    """How many calls may be open at a time, at least one."""
    return max(1, int(lane.max_in_flight * speed(state, now)))


def tokens(lane: Connection, state: LaneState, now: datetime) -> dict[str, float]:
    """What is left of each window by its key, refilled up to now."""
    return {window.key: _level(window, state, now) for window in parse_windows(lane.rate_windows)}


def _level(window: Window, state: LaneState, now: datetime) -> float:
    left = state.tokens.get(window.key)
    if left is None or state.counted_at is None:
        return float(burst(window))
    # A clock that was set back earns nothing.
    seconds = max((now - state.counted_at).total_seconds(), 0.0)
    return float(min(burst(window), left + seconds * refill(window) * speed(state, now)))


def calls_left(lane: Connection, state: LaneState, now: datetime) -> float:
    """Whole calls that all windows allow now; infinite without windows."""
    return min((math.floor(left + 1e-9) for left in tokens(lane, state, now).values()),
               default=math.inf)  # fmt: skip


def next_call_at(lane: Connection, state: LaneState, now: datetime) -> datetime:
    """When every window allows a call."""
    waits = [
        max(1.0 - _level(window, state, now), 0.0) / (refill(window) * speed(state, now))
        for window in parse_windows(lane.rate_windows)
    ]
    return now + timedelta(seconds=max(waits, default=0.0))


def today(lane: Connection, now: datetime) -> date:
    """The day in the lane's zone."""
    return now.astimezone(lane.zone).date()


def conversations_left(lane: Connection, state: LaneState, now: datetime) -> float:
    """How many conversations may still be begun today; infinite without a cap."""
    if lane.daily_cap is None:
        return math.inf
    begun = state.conversations_today if state.day == today(lane, now) else 0
    return max(lane.daily_cap - begun, 0)


def tomorrow(lane: Connection, now: datetime) -> datetime:
    """When the lane's next day begins."""
    local = now.astimezone(lane.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (midnight + timedelta(days=1)).replace(tzinfo=lane.zone)


def spent(
    lane: Connection, state: LaneState, now: datetime, *, calls: int, conversations: int
) -> dict[str, Any]:
    """What changes in the state when so many calls leave, `conversations` of them new ones.

    Empty for a lane without windows and cap: then there is nothing to count.
    """
    changes: dict[str, Any] = {}
    if lane.rate_windows and calls:
        levels = tokens(lane, state, now)
        changes |= {"tokens": {key: left - calls for key, left in levels.items()},
                    "counted_at": now}  # fmt: skip
    if lane.daily_cap is not None and conversations:
        day = today(lane, now)
        begun = state.conversations_today if state.day == day else 0
        changes |= {"day": day, "conversations_today": begun + conversations}
    return changes
