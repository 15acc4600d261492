"""The log of calls received: what tests look at to see that no payer was called twice."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, NamedTuple

KINDS: Final = ("submit", "poll", "reconcile", "repeat")
MOST_CALLS: Final = 200_000


class ReceivedCall(NamedTuple):
    """One call. `at` is Unix time; `plan` says how it was meant to end; no identifiers."""

    reference: str
    kind: str
    at: float
    plan: str
    repeat: bool

    def as_json(self) -> dict[str, Any]:
        """The call as GET /calls shows it."""
        return self._asdict() | {"at": datetime.fromtimestamp(self.at, UTC).isoformat()}


class CallLog:
    """The newest calls, and counts per client reference over the same calls.

    Both forget the oldest call when `most` is reached, so the memory is bounded and the counts
    always equal the log; `forgotten` says how many calls are gone.
    """

    def __init__(self, most: int = MOST_CALLS) -> None:
        """An empty log of at most `most` calls."""
        self._most = most
        self._calls: deque[ReceivedCall] = deque()
        self._counts: dict[str, list[int]] = {}
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._calls)

    def note(self, reference: str, kind: str, plan: str, *, repeat: bool = False) -> None:
        """Write down one call; `repeat` marks a submit that had come before."""
        if len(self._calls) >= self._most:
            self._forget_oldest()
        self._calls.append(ReceivedCall(reference, kind, time.time(), plan, repeat))
        counts = self._counts.get(reference)
        if counts is None:
            counts = self._counts[reference] = [0, 0, 0, 0]
        counts[KINDS.index(kind)] += 1
        counts[3] += repeat

    def newest(self, limit: int, reference: str | None = None) -> list[ReceivedCall]:
        """The newest calls, oldest of them first; with `reference` only its own."""
        chosen: Iterator[ReceivedCall] = reversed(self._calls)
        if reference is not None:
            if reference not in self._counts:
                return []
            chosen = (call for call in chosen if call.reference == reference)
        return list(islice(chosen, limit))[::-1]

    def counts(self, at_least: int = 0) -> dict[str, list[int]]:
        """Per reference the number of calls in the order of KINDS, a repeat counted twice (as
        a submit and as a repeat); only those with `at_least` submits."""
        if not at_least:
            return self._counts
        return {key: counts for key, counts in self._counts.items() if counts[0] >= at_least}

    def totals(self) -> dict[str, int]:
        """The number of calls of each kind."""
        sums = [sum(column) for column in zip(*self._counts.values(), strict=True)]
        return dict(zip(KINDS, sums or [0, 0, 0, 0], strict=True))

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
        self._counts.clear()
        self.forgotten = 0

    def _forget_oldest(self) -> None:
        """Drop the oldest call from the log and from the counts."""
        oldest = self._calls.popleft()
        counts = self._counts[oldest.reference]
        counts[KINDS.index(oldest.kind)] -= 1
        counts[3] -= oldest.repeat
        if not any(counts):
            del self._counts[oldest.reference]
        self.forgotten += 1
