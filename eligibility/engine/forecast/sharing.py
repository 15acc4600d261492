"""How much a lane answers before somebody's last row is through. Pure.

A lane takes the more urgent rows first; among equals its clinics take turns, and so do the
batches of a clinic (`engine/lane/turns.py`). So a small batch is through long before a large
one that came earlier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Claimant(NamedTuple):
    """Who waits in a lane: the rows of one batch at one priority.

    For a clinic's rows without a batch `batch` is the clinic's own id.
    """

    priority: int
    clinic: str
    batch: str


@dataclass(slots=True)
class Line:
    """Rows of one claimant in one lane: not asked yet (or asked again), and waiting ones."""

    unasked: float = 0
    waiting: float = 0


def rows_until_through(lines: Mapping[Claimant, float], mine: Collection[Claimant]) -> float:
    """How many rows the lane has answered when the last of mine is; 0 when none of them waits.

    `lines` are all rows of the lane by who waits for them.
    """
    return max((_until_through(lines, each) for each in mine if lines.get(each)), default=0.0)


def _until_through(lines: Mapping[Claimant, float], mine: Claimant) -> float:
    """Each other claimant of the clinic gets as many turns as this one, each clinic as many."""
    urgent = sum(rows for each, rows in lines.items() if each.priority < mine.priority)
    turns, by_clinic = 0.0, defaultdict[str, float](float)
    for each, rows in lines.items():
        if each.priority == mine.priority:
            by_clinic[each.clinic] += rows
            turns += min(rows, lines[mine]) if each.clinic == mine.clinic else 0
    return urgent + sum(min(rows, turns) for rows in by_clinic.values())
