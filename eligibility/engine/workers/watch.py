"""Do the workers of this host still take jobs? Asked through the queue itself."""

from __future__ import annotations

import time
from datetime import datetime

from django_q.brokers import get_broker
from django_q.tasks import async_task

from eligibility.engine.workers import children
from eligibility.models import WorkerHost

WEDGED_AFTER = 60.0
"""Seconds without an answer. One worker is always free to give it, so that a drain's beat is no
excuse: drains may go on for minutes over a queue that nobody reads any more."""
SUSPECT_FOR = 10.0
"""The same after one of the processes was seen to disappear."""
ASK_EVERY = 10.0
SOON = 1.0
HEARTBEAT_JOB = "eligibility.jobs.heartbeat"


class Watch:
    """Sends heartbeats down the host's private queue and looks for the answers."""

    def __init__(self, host_id: str) -> None:
        self._host_id = host_id
        self.reset(0)

    def reset(self, group: int) -> None:
        """Start afresh, for a new cluster or after an outage of the database."""
        now = time.monotonic()
        self._group = group
        self._pids: frozenset[int] = frozenset()
        self._answered: datetime | None = None
        self._alive_at = now
        self._next_question = now
        self._answers_wanted = 0

    def look(self) -> None:
        """Ask when it is time, and note an answer that came since the last look."""
        now = time.monotonic()
        self._note_answer(now)
        if now >= self._next_question:
            self._ask()
            self._next_question = now + (SOON if self._answers_wanted else ASK_EVERY)

    def is_wedged(self) -> bool:
        """No answer for too long; sooner when a process has lately disappeared."""
        silence = time.monotonic() - self._alive_at
        return silence > (SUSPECT_FOR if self._answers_wanted else WEDGED_AFTER)

    def note_deaths(self) -> bool:
        """Whether a process has gone since the last look.

        It may have taken the inner queue's lock with it: ask at once. Two answers are wanted,
        since the first may have been on its way already.
        """
        pids = children.members(self._group) if self._group else frozenset()
        have_gone = bool(self._pids - pids)
        if have_gone:
            self._answers_wanted = 2
            self._alive_at = time.monotonic()
            self._next_question = 0.0
        self._pids = pids
        return have_gone

    def _note_answer(self, now: float) -> None:
        answered = (
            WorkerHost.objects.filter(pk=self._host_id)
            .values_list("answered_at", flat=True)
            .first()
        )
        if answered != self._answered:
            self._answers_wanted = max(self._answers_wanted - 1, 0)
            self._alive_at = now
        self._answered = answered

    def _ask(self) -> None:
        async_task(
            HEARTBEAT_JOB,
            self._host_id,
            q_options={"broker": get_broker(self._host_id), "save": False},
        )
