"""Whether a lane's rows are held: why, since when, until when, and who can end it (pure).

Rows are never rewritten when a lane closes; this is asked instead, by the workers before a
claim and by pages before they speak of a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from eligibility.choices import Actor, BreakerState, HeldReason
from eligibility.engine.lane import hours, pace
from eligibility.models import Connection, LaneState

ACTORS: dict[HeldReason, Actor] = {
    HeldReason.INACTIVE: Actor.ADMIN,
    HeldReason.PAUSED: Actor.ADMIN,
    HeldReason.CREDENTIALS: Actor.ADMIN,
}
"""Who has to end it; what is not named here ends by itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lane that takes no rows for now. `until` is None when somebody has to open it.

    `since` is None where nobody noted it. `looks_pass` says that conversations which have
    begun may go on, so that only new ones wait.
    """

    reason: HeldReason
    since: datetime | None = None
    until: datetime | None = None
    looks_pass: bool = False

    @property
    def words(self) -> str:
        """The reason as a sentence for staff, without its times."""
        return f"{self.reason.label}."

    @property
    def actor(self) -> Actor:
        """Who has to act for the lane to open."""
        return ACTORS.get(self.reason, Actor.NOBODY)


def held(lane: Connection, state: LaneState, now: datetime) -> Held | None:
    """The first reason in the order of HeldReason, or None when rows may be taken.

    An open breaker whose pause has ended does not hold: the next row goes ahead alone.
    """
    return _by_people(lane, state) or _by_payer(state, now) or _by_clock(lane, state, now)


def _by_people(lane: Connection, state: LaneState) -> Held | None:
    if not lane.is_active:
        return Held(HeldReason.INACTIVE)
    if lane.paused_at is not None:
        return Held(HeldReason.PAUSED, since=lane.paused_at)
    if state.credential_locked_at is not None:
        return Held(HeldReason.CREDENTIALS, since=state.credential_locked_at)
    return None


def _by_payer(state: LaneState, now: datetime) -> Held | None:
    if state.open_until is not None and now < state.open_until:
        is_open = state.breaker == BreakerState.OPEN
        reason = HeldReason.BREAKER_OPEN if is_open else HeldReason.PROBING
        return Held(reason, since=state.opened_at, until=state.open_until)
    if state.throttled_until is not None and now < state.throttled_until:
        return Held(HeldReason.THROTTLED, since=state.throttled_at, until=state.throttled_until)
    return None


def _by_clock(lane: Connection, state: LaneState, now: datetime) -> Held | None:
    if span := hours.blackout_at(lane, now):
        return Held(HeldReason.BLACKOUT, since=span.start, until=span.end)
    if pace.calls_left(lane, state, now) < 1:
        until = pace.next_call_at(lane, state, now)
        return _capped(lane, state, now) or Held(HeldReason.RATE, until=until)
    return _capped(lane, state, now)


def _capped(lane: Connection, state: LaneState, now: datetime) -> Held | None:
    if pace.conversations_left(lane, state, now) >= 1:
        return None
    # Out of tokens, too, not even a look may leave.
    looks_pass = pace.calls_left(lane, state, now) >= 1
    until = pace.tomorrow(lane, now)
    return Held(HeldReason.DAILY_CAP, until=until, looks_pass=looks_pass)
