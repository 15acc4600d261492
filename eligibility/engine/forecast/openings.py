"""When a lane will have worked off so many rows, within its limits and hours. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from eligibility.engine.lane.measured import Pace

LONGEST = timedelta(days=366)
"""Beyond this nobody plans, and no forecast says anything."""
_DAY = timedelta(days=1)

Spans = Callable[[datetime, datetime], Sequence[tuple[datetime, datetime]]]
"""The blackouts (start, end) that touch the time between two moments, in their order."""


def _never(start: datetime, end: datetime) -> Sequence[tuple[datetime, datetime]]:
    return ()


@dataclass(frozen=True, slots=True)
class Window:
    """A rate limit: `a_second` calls in the long run, `saved` of them may leave at once."""

    a_second: float
    saved: float = 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """All that bounds a lane's work.

    `closed` says in words why nobody knows when the lane opens, and is empty when it is known:
    at `opens_at`, or now. `a_day` is how many conversations a day of `zone` allows (None: any
    number), `left_today` how many may still begin today.
    """

    pace: Pace
    zone: tzinfo = UTC
    closed: str = ""
    opens_at: datetime | None = None
    windows: Sequence[Window] = ()
    blackouts: Spans = _never
    a_day: int | None = None
    left_today: float = 0.0

    def opens(self, now: datetime) -> datetime:
        """When the lane is open next, as far as that is known."""
        return max(self.opens_at or now, now)


def seconds_of_work(rows: float, terms: Terms) -> float:
    """How long the lane has to be open for so many rows: what takes longest decides."""
    calls = rows * terms.pace.calls
    waits = [(calls - window.saved) / window.a_second for window in terms.windows]
    return max([rows / terms.pace.a_second, *waits])


def worked_off(rows: float, terms: Terms, *, now: datetime) -> datetime | None:
    """When the lane will have answered so many rows.

    None when nobody knows (`terms.closed` says why), or not within a year.
    """
    if terms.closed:
        return None
    if rows <= 0:
        return now
    a_second = rows / seconds_of_work(rows, terms)
    a_day = float("inf") if terms.a_day is None else float(terms.a_day)
    left = min(a_day, terms.left_today) if terms.a_day is not None else a_day
    moment, last, midnight = terms.opens(now), now + LONGEST, _midnight_after(now, terms.zone)
    while moment < last:
        if moment >= midnight:
            left, midnight = a_day, _midnight_after(moment, terms.zone)
        begins, ends = _opening(terms, moment, midnight)
        can = min(a_second * (ends - begins).total_seconds(), left)
        if rows <= can:
            return begins + timedelta(seconds=rows / a_second)
        rows, left, moment = rows - can, left - can, ends
        if left <= 0:
            moment = midnight
    return None


def _opening(terms: Terms, moment: datetime, midnight: datetime) -> tuple[datetime, datetime]:
    """The next stretch of this day without a blackout; empty, at midnight, when there is none.

    Nothing bounds the stretch where the lane has neither a cap nor blackouts.
    """
    begins = moment
    for start, end in terms.blackouts(moment, midnight):
        if start > begins:
            return begins, start
        begins = max(begins, end)
    if terms.a_day is None and terms.blackouts is _never:
        return begins, moment + LONGEST
    return (begins, midnight) if begins < midnight else (begins, begins)


def _midnight_after(moment: datetime, zone: tzinfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date() + _DAY, time(), zone).astimezone(UTC)
