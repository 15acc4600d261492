"""Rows in a worker's hands whose call has to wait until their lane has room.

A worker of a quick payer claims a few rows more than its lane has slots, so that a slot which
becomes free is used at once and not after the answer has been written. How many *calls* are open
stays within the slots: a worker never opens more than the slots less all rows that others hold,
and a claim sees all of these, since it has the lane's lock. Pure, and used by one thread.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator

from eligibility.engine.claim import Claimed


class Turns:
    """Who is called next in each lane, and how many of its calls are open."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, deque[tuple[Claimed, float]]] = defaultdict(deque)
        self._room: dict[int, int] = {}
        self._open: Counter[int] = Counter()

    def add(self, row: Claimed, claimed_at: float) -> None:
        """A row that was claimed at this moment; its lane says how much room there is now."""
        self._waiting[row.lane.id].append((row, claimed_at))
        self._room[row.lane.id] = row.lane.room

    def called(self, lane_id: int) -> Iterator[tuple[Claimed, float]]:
        """The rows that may be called now, each with the moment of its claim."""
        waiting = self._waiting[lane_id]
        while waiting and self._open[lane_id] < self._room[lane_id]:
            self._open[lane_id] += 1
            yield waiting.popleft()

    def done(self, row: Claimed) -> None:
        """A call has ended."""
        self._open[row.lane.id] -= 1

    def has_waiting(self) -> bool:
        """Whether some row waits for room."""
        return any(self._waiting.values())

    def waiting_since(self, moment: float) -> list[Claimed]:
        """Give up the rows that were claimed before this moment and wait still."""
        late: list[Claimed] = []
        for waiting in self._waiting.values():
            while waiting and waiting[0][1] < moment:
                late.append(waiting.popleft()[0])
        return late
