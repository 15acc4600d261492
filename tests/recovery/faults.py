"""What is done to a running `workers` command, and how to see that it is over it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from eligibility.choices import FINAL
from eligibility.engine import slots
from eligibility.engine.workers import children
from eligibility.models import Connection, EligibilityTask
from tests.eligibility.engine.helpers import make_row
from tests.eligibility.test_workers import Workers, wait_for

LONGEST = 90.0
"""Seconds within which a cluster must work again."""


def kill_idle_workers(running: Workers) -> None:
    """One of them holds the inner queue's lock and takes it along."""
    _signal(running.pool(), signal.SIGKILL)


def stop_the_pool(running: Workers) -> None:
    """Every inner process stands still, none has gone."""
    _signal(running.pool(), signal.SIGSTOP)


def stop_the_sentinel(running: Workers) -> None:
    """Nobody looks after the pool any more, and then the pool goes too."""
    pool = running.pool()
    sentinel = running.processes()[pool[0]][0]
    _signal([sentinel], signal.SIGSTOP)
    _signal(pool, signal.SIGKILL)


def kill_the_sentinel(running: Workers) -> None:
    """The pool has lost its parent."""
    pool = running.pool()
    _signal([running.processes()[pool[0]][0]], signal.SIGKILL)


WEDGES: tuple[Callable[[Workers], None], ...] = (
    kill_idle_workers,
    kill_idle_workers,
    stop_the_pool,
    kill_idle_workers,
    kill_the_sentinel,
    kill_idle_workers,
    stop_the_sentinel,
    kill_idle_workers,
    kill_the_sentinel,
    kill_idle_workers,
)
"""Ten, the most likely one most often."""


def kill_the_supervisor(running: Workers) -> None:
    """The cluster has lost its head."""
    running.process.kill()
    running.process.wait()


def kill_supervisor_and_leader(running: Workers) -> None:
    """Neither who looks after the cluster nor who looks after its parent is left."""
    leader = running.leader()
    running.process.kill()
    _signal([leader], signal.SIGKILL)
    running.process.wait()


ORPHANINGS: tuple[Callable[[Workers], None], ...] = (
    kill_the_supervisor,
    kill_supervisor_and_leader,
) * 5
"""Ten."""


def seconds_until_a_row_is_answered(lane: Connection) -> float:
    """Accept a row, as a request would, and wait for its end."""
    began = time.monotonic()
    row = make_row(lane)
    slots.wake_if_due()
    done = EligibilityTask.objects.filter(pk=row.pk, status__in=FINAL)
    wait_for(done.exists, LONGEST * 2)
    return time.monotonic() - began


def seconds_until_gone(pids: list[int]) -> float:
    """Wait until none of the processes is left."""
    began = time.monotonic()
    wait_for(lambda: not any(children.is_running(pid) for pid in pids), LONGEST * 2)
    return time.monotonic() - began


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
