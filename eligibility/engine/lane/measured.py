"""How fast a lane answers, out of its rows that ended last. Pure: times are seconds on one scale.

Two measures. Where rows stood in line, the pace is what came out while they did: rate windows,
throttling payers and rows that wait for minutes are all in it. Where no line ever formed, it is
what the slots can do: how many there are, by how long an answer keeps one busy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median

NEWEST = 200
"""Ended rows of a lane that are looked at."""
ENOUGH = 50
"""Rows that a measure needs; with fewer the lane's configured pace holds."""
WAITED = 1.0
"""Seconds between a row's turn and its question that say there was a line: claims go by 0.2 s."""
SILENCE = 300.0
"""Seconds without an answer that are an interruption, no pace: a night, a pause, a blackout."""
SHORTEST = 0.001
"""Seconds that an answer takes at least, so that no pace is infinite."""
ANSWERS_LATER = 1.2
"""Calls a row from which on a lane's payer is one that answers later."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One ended row: its turn came, it was asked, it ended.

    `calls` says how often it was claimed: once when the payer answered at once, and once more
    for every look at the conversation.
    """

    due: float
    asked: float
    finished: float
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows a second; the seconds of a usual conversation; the calls that a row takes."""

    a_second: float
    length: float = 0.0
    calls: float = 1.0
    is_measured: bool = False

    @property
    def answers_later(self) -> bool:
        """Whether rows usually wait for their answers without a slot."""
        return self.calls >= ANSWERS_LATER


def measure(rows: Sequence[Ended], *, slots: int, otherwise: float) -> Pace:
    """The pace of a lane with so many slots; `otherwise` (rows a second) until it is known."""
    if len(rows) < ENOUGH:
        return Pace(otherwise)
    length = max(median(row.finished - row.asked for row in rows), 0.0)
    calls = fmean(max(row.calls, 1) for row in rows)
    found = _in_line(rows, length) or _by_slots(rows, slots, calls)
    return Pace(found or otherwise, length, calls, is_measured=found is not None)


def _in_line(rows: Sequence[Ended], length: float) -> float | None:
    """What came out while rows stood in line.

    Each such row answers for the time since the one that ended before it. Rows written together
    with the first say nothing: what they took began before it.
    """
    ordered = sorted(rows, key=lambda row: row.finished)
    first, silence = ordered[0].finished, max(SILENCE, 5 * length)
    gaps = [
        later.finished - earlier.finished
        for earlier, later in pairwise(ordered)
        if later.asked - later.due > WAITED and later.finished > first
    ]
    counted = [gap for gap in gaps if gap <= silence]
    if len(counted) < ENOUGH or not sum(counted):
        return None
    return len(counted) / sum(counted)


def _by_slots(rows: Sequence[Ended], slots: int, calls: float) -> float | None:
    """What the slots can do if they are never idle.

    A row that was asked about again kept its slot only during the calls, and only a row with
    one call shows how long that is.
    """
    single = [row.finished - row.asked for row in rows if row.calls <= 1]
    return slots / (max(fmean(single), SHORTEST) * calls) if single else None
