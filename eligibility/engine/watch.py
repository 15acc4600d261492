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
SOON = 1.0
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
        self._answered: datetime | None = None
        self._beats: list[datetime | None] = []
        self._alive_at = now
        self._next_question = now
        self._answers_wanted = 0

    def look(self) -> None:
        """Ask when it is time, and note any sign of life since the last look."""
        now = time.monotonic()
        self._note_signs(now)
        if now >= self._next_question:
            self._ask()
            self._next_question = now + (SOON if self._answers_wanted else ASK_EVERY)

    def is_wedged(self) -> bool:
        """No sign of life for too long; sooner when a process has lately disappeared."""
        silence = time.monotonic() - self._alive_at
        return silence > (SUSPECT_FOR if self._answers_wanted else WEDGED_AFTER)

    def note_deaths(self) -> None:
        """A process that has gone may have taken the inner queue's lock with it: ask at once.

        Running drains still beat then, so only answers prove that jobs are taken: two, since
        the first may have been on its way already.
        """
        pids = children.members(self._group) if self._group else frozenset()
        if self._pids - pids:
            self._answers_wanted = 2
            self._next_question = 0.0
        self._pids = pids

    def _note_signs(self, now: float) -> None:
        answered = (
            WorkerHost.objects.filter(pk=self._host_id)
            .values_list("answered_at", flat=True)
            .first()
        )
        if answered != self._answered:
            self._answers_wanted = max(self._answers_wanted - 1, 0)
        busy = DrainSlot.objects.filter(host_id=self._host_id, state=DrainSlot.State.BUSY)
        beats = list(busy.order_by("pk").values_list("beat_at", flat=True))
        if answered != self._answered or beats != self._beats:
            self._alive_at = now
        self._answered, self._beats = answered, beats

    def _ask(self) -> None:
        async_task(
            HEARTBEAT_JOB,
            self._host_id,
            q_options={"broker": get_broker(self._host_id), "save": False},
        )
