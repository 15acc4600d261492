"""Drains that stopped beating though their process lives: stopped, or held by native code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

SILENT_FOR = 20.0
"""Seconds; a drain holds its answers for as long while the database is away."""
LONGEST_LOOK = 2.0
"""Seconds between two looks that count at most: whoever slept himself has heard nobody."""


class Silence:
    """How long each worker has been silent, by the looks of one onlooker."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start afresh: an outage of the database says nothing about the workers."""
        self._looked_at: float | None = None
        self._quiet: dict[str, tuple[datetime | None, float]] = {}

    def look(self, beats: Mapping[str, datetime | None], now: float) -> list[str]:
        """Note the last beats of the busy workers; returns those that have been silent too long.

        `now` is a monotonic time in seconds.
        """
        passed = 0.0 if self._looked_at is None else min(now - self._looked_at, LONGEST_LOOK)
        self._looked_at = now
        self._quiet = {
            worker: (beat, self._silence(worker, beat, passed)) for worker, beat in beats.items()
        }
        return [worker for worker, (_, quiet) in self._quiet.items() if quiet >= SILENT_FOR]

    def _silence(self, worker: str, beat: datetime | None, passed: float) -> float:
        last, quiet = self._quiet.get(worker, (None, 0.0))
        return quiet + passed if last == beat and worker in self._quiet else 0.0
