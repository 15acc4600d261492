"""Lanes on a simulated clock: slots, fair turns, rate windows, payers that answer later, searches.

They know nothing of the code under test: what they do is what a forecast has to foresee.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from eligibility.engine.forecast.sharing import Claimant
from eligibility.engine.lane.measured import Ended


@dataclass(slots=True, eq=False)
class Row:
    """One row: each call keeps a slot for its seconds, between two calls it waits without one."""

    claimant: Claimant
    lane: Lane
    calls: list[float]
    waits: list[float] = field(default_factory=list)
    due: float = 0.0
    asked: float = -1.0
    finished: float = -1.0
    made: int = 0
    then: Callable[[], None] = lambda: None

    def as_ended(self) -> Ended:
        """As the database knows it."""
        return Ended(self.due, self.asked, self.finished, self.made)


@dataclass(slots=True, eq=False)
class Lane:
    """A connection: `a_second` and `burst` are its token bucket, `opens_at` when it is open."""

    slots: int
    a_second: float = float("inf")
    burst: float = 1.0
    opens_at: float = 0.0
    ready: dict[Claimant, deque[Row]] = field(default_factory=dict)
    ended: list[Row] = field(default_factory=list)
    running: int = 0
    tokens: float = 0.0
    filled_at: float = 0.0
    is_waking: bool = False
    turns: Counter[object] = field(default_factory=Counter)

    def next(self) -> Row:
        """The row whose turn it is: urgent ones, then the clinic and the batch served least."""

        def rank(mine: Claimant) -> tuple[int, ...]:
            return (mine.priority, self.turns[mine.clinic], self.turns[mine])

        first = min(self.ready, key=rank)
        row = self.ready[first].popleft()
        if not self.ready[first]:
            del self.ready[first]
        return row


class World:
    """The clock, and what is to happen. `ended` counts rows by batch."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rows: list[Row] = []
        self.ended: Counter[str] = Counter()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def at(self, moment: float, act: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._events, (moment, next(self._numbers), act))

    def add(self, row: Row) -> None:
        """A row that is due now or later."""
        row.due = max(row.due, self.now)
        self.rows.append(row)
        self.at(row.due, lambda: self._queue(row))

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Go on until this is true, or nothing is left to happen."""
        while self._events and not until():
            self.now, _, act = heapq.heappop(self._events)
            act()

    def _queue(self, row: Row) -> None:
        row.lane.ready.setdefault(row.claimant, deque()).append(row)
        self._serve(row.lane)

    def _serve(self, lane: Lane) -> None:
        while lane.ready and lane.running < lane.slots:
            pause = self._pause(lane)
            if pause > 0:
                self._serve_later(lane, pause)
                return
            self._call(lane)

    def _serve_later(self, lane: Lane, pause: float) -> None:
        def wake() -> None:
            lane.is_waking = False
            self._serve(lane)

        if not lane.is_waking:
            lane.is_waking = True
            self.at(self.now + pause, wake)

    def _pause(self, lane: Lane) -> float:
        """Seconds until the lane may call; takes a token when it may now."""
        if self.now < lane.opens_at:
            return lane.opens_at - self.now
        if lane.a_second == float("inf"):
            return 0.0
        since = self.now - lane.filled_at
        lane.tokens = min(lane.tokens + since * lane.a_second, lane.burst)
        lane.filled_at = self.now
        if lane.tokens < 1 - 1e-9:
            return (1 - lane.tokens) / lane.a_second
        lane.tokens -= 1
        return 0.0

    def _call(self, lane: Lane) -> None:
        row = lane.next()
        lane.turns[row.claimant] += 1
        lane.turns[row.claimant.clinic] += 1
        if row.asked < 0:
            row.asked = self.now
        lane.running += 1
        row.made += 1
        self.at(self.now + row.calls[row.made - 1], lambda: self._answer(row))

    def _answer(self, row: Row) -> None:
        row.lane.running -= 1
        if row.made < len(row.calls):
            self.at(self.now + row.waits[row.made - 1], lambda: self._queue(row))
        else:
            row.finished = self.now
            row.lane.ended.append(row)
            self.ended[row.claimant.batch] += 1
            row.then()
        self._serve(row.lane)


class Search:
    """A question to several lanes, two at a time, the best first, until one says yes."""

    def __init__(
        self, world: World, claimant: Claimant, paths: Iterator[tuple[Lane, float, bool]]
    ) -> None:
        self._world, self._claimant, self._paths = world, claimant, paths
        self.open, self.finished, self.children = 0, -1.0, list[Row]()
        for _ in range(2):
            self._ask_next()

    def _ask_next(self) -> None:
        path = next(self._paths, None)
        if path is None:
            if not self.open:
                self._end()
            return
        lane, seconds, says_yes = path
        child = Row(self._claimant, lane, [seconds])
        child.then = lambda: self._answered(says_yes)
        self.open += 1
        self.children.append(child)
        self._world.add(child)

    def _answered(self, says_yes: bool) -> None:
        self.open -= 1
        if self.finished >= 0:
            return
        if says_yes:
            self._end()
        else:
            self._ask_next()

    def _end(self) -> None:
        self.finished = self._world.now
        self._world.ended["searches"] += 1
