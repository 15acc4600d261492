"""Do the workers of this host still take jobs? Asked through the queue itself."""

from __future__ import annotations

import time
from datetime import datetime

from django_q.brokers import get_broker
from django_q.tasks import async_task

from eligibility.engine import children
from eligibility.models import DrainSlot, WorkerHost

WEDGED_AFTER = 60.0
"""Seconds without an answer and without a drain's beat; longer than a drain's time box."""
SUSPECT_FOR = 10.0
"""The same after one of the processes was seen to disappear."""
ASK_EVERY = 10.0
HEARTBEAT_JOB = "eligibility.jobs.heartbeat"


class Watch:
    """Sends heartbeats down the host's private queue and looks for any sign of life."""

    def __init__(self, host_id: str) -> None:
        self._host_id = host_id
        self.reset(0)

    def reset(self, group: int) -> None:
        """Start afresh, for a new cluster or after an outage of the database."""
        now = time.monotonic()
        self._group = group
        self._pids: frozenset[int] = frozenset()
        self._signs: tuple[datetime | None, ...] = ()
        self._alive_at = now
        self._next_question = now
        self._suspected_at: float | None = None

    def look(self) -> None:
        """Ask when it is time, and note any sign of life since the last look."""
        now = time.monotonic()
        self._note_deaths(now)
        signs = self._signs_of_life()
        if signs != self._signs:
            self._signs = signs
            self._alive_at = now
        if now >= self._next_question:
            self._ask()
            self._next_question = now + ASK_EVERY

    def is_wedged(self) -> bool:
        """No sign of life for too long; sooner when a process has just disappeared."""
        silence = time.monotonic() - max(self._alive_at, self._suspected_at or 0.0)
        suspected = self._suspected_at is not None and self._alive_at < self._suspected_at
        return silence > (SUSPECT_FOR if suspected else WEDGED_AFTER)

    def _note_deaths(self, now: float) -> None:
        """A process that has gone may have taken the inner queue's lock with it: ask at once."""
        pids = children.members(self._group) if self._group else frozenset()
        if self._pids - pids:
            self._suspected_at = now
            self._next_question = now
        self._pids = pids

    def _signs_of_life(self) -> tuple[datetime | None, ...]:
        answered = WorkerHost.objects.filter(pk=self._host_id).values_list("answered_at", flat=True)
        beats = DrainSlot.objects.filter(
            host_id=self._host_id, state=DrainSlot.State.BUSY
        ).values_list("beat_at", flat=True)
        return (*answered, *beats.order_by("pk"))

    def _ask(self) -> None:
        async_task(
            HEARTBEAT_JOB,
            self._host_id,
            q_options={"broker": get_broker(self._host_id), "save": False},
        )
