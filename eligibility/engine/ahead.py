"""How many rows beyond its slots a lane may have in a worker's hands. Pure.

A slot that becomes free is then used at once, and not only after the answer has been written and
the next row claimed (`engine.turns` keeps the calls within the slots).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

QUICK = 500
"""Milliseconds below which an answer is a quick one: a row may wait for one call to end."""
VERY_QUICK = 200
"""Milliseconds below which a row may wait for two: still not so long that it goes back unsent."""
_FADES = 0.9


class Ahead:
    """Learns from each group of answers that a worker takes in.

    While one group is written the next comes in, so twice a group has to be covered.
    """

    def __init__(self) -> None:
        self._rows: dict[int, float] = {}
        self._calls: dict[int, int] = {}

    def note(self, answers: Iterable[tuple[int, int | None]]) -> None:
        """A group came in: of each reply its lane, and its milliseconds if it was an answer.

        A lane most of whose replies are no quick answers gets nothing ahead: its payer is slow or
        in trouble.
        """
        quick: defaultdict[int, list[int]] = defaultdict(list)
        other: defaultdict[int, int] = defaultdict(int)
        for lane_id, took in answers:
            if took is not None and took < QUICK:
                quick[lane_id].append(took)
            else:
                other[lane_id] += 1
        for lane_id in {*self._rows, *quick, *other}:
            took_all = quick[lane_id]
            wanted = max(2.0 * len(took_all), _FADES * self._rows.get(lane_id, 0.0))
            self._rows[lane_id] = wanted if len(took_all) >= other[lane_id] else 0.0
            if took_all:
                self._calls[lane_id] = 2 if max(took_all) < VERY_QUICK else 1

    def of(self, lane_id: int, slots: int) -> int:
        """For a lane of so many slots: so many rows that none waits for more than a call or two."""
        most = slots * self._calls.get(lane_id, 1)
        return max(min(int(self._rows.get(lane_id, 0.0)), most), 0)


NOTHING = Ahead()
"""For whoever claims without having learnt anything."""
