"""How many rows beyond its slots a lane may have in a worker's hands. Pure.

A slot that becomes free is then used at once, and not only after the answer has been written and
the next row claimed (`engine.turns` keeps the calls within the slots).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

QUICK = 500
"""Milliseconds below which an answer is a quick one."""
_FADES = 0.9


class Ahead:
    """Learns from each group of answers that a worker takes in.

    While one group is written the next comes in, so twice a group has to be covered.
    """

    def __init__(self) -> None:
        self._rows: dict[int, float] = {}

    def note(self, answers: Iterable[tuple[int, bool]]) -> None:
        """A group came in: of each reply its lane, and whether it was a quick answer.

        A lane most of whose replies are none gets nothing ahead: its payer is slow or in trouble.
        """
        quick: Counter[int] = Counter()
        other: Counter[int] = Counter()
        for lane_id, is_quick in answers:
            (quick if is_quick else other)[lane_id] += 1
        for lane_id in {*self._rows, *quick, *other}:
            wanted = max(2.0 * quick[lane_id], _FADES * self._rows.get(lane_id, 0.0))
            self._rows[lane_id] = wanted if quick[lane_id] >= other[lane_id] else 0.0

    def of(self, lane_id: int, slots: int) -> int:
        """For a lane of so many slots, and never more than these: a row waits for one call."""
        return max(min(int(self._rows.get(lane_id, 0.0)), slots), 0)


NOTHING = Ahead()
"""For whoever claims without having learnt anything."""
