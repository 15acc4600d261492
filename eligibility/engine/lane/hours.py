"""Blackout hours as moments: is it one now, until when, and how many seconds of a span were."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from eligibility.lane_limits import parse_blackouts
from eligibility.models import Connection

_DAY = timedelta(days=1)
_LONGEST_CHAIN = 16
"""Spans that follow each other without a gap are one; round the clock never ends."""


class Span(NamedTuple):
    """From a moment on, until another."""

    start: datetime
    end: datetime


def spans(lane: Connection, start: datetime, end: datetime) -> list[Span]:
    """The blackouts that touch the time between two moments, joined and in their order."""
    found: list[Span] = []
    blackouts = parse_blackouts(lane.blackouts)
    if not blackouts or start >= end:
        return found
    zone = lane.zone
    day = start.astimezone(zone).date() - 2 * _DAY
    last = end.astimezone(zone).date()
    while day <= last:
        midnight = datetime.combine(day, time())
        for blackout in blackouts:
            if day.weekday() in blackout.days:
                # Wall time to moments, each end by itself: a night may be an hour longer.
                begin = (midnight + blackout.start).replace(tzinfo=zone).astimezone(UTC)
                until = midnight + blackout.start + blackout.length
                found.append(Span(begin, until.replace(tzinfo=zone).astimezone(UTC)))
        day += _DAY
    return [span for span in _joined(found) if span.end > start and span.start < end]


def _joined(found: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(found):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        elif span.end > span.start:
            joined.append(span)
    return joined


def blackout_at(lane: Connection, now: datetime) -> Span | None:
    """The blackout that reigns now, from its beginning to its end; None when there is none."""
    if not lane.blackouts:
        return None
    around = spans(lane, now, now + _LONGEST_CHAIN * _DAY)
    return next((span for span in around if span.start <= now < span.end), None)


def open_seconds(lane: Connection, start: datetime, end: datetime) -> float:
    """The seconds between two moments that are outside of blackouts; never below zero."""
    whole = max((end - start).total_seconds(), 0.0)
    dark = sum(
        (min(span.end, end) - max(span.start, start)).total_seconds()
        for span in spans(lane, start, end)
    )
    return max(whole - dark, 0.0)
