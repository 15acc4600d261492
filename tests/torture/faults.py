"""The faults: what is struck, how often, and whether it hit."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection

from eligibility.engine.claim import LEASE_MARGIN
from tests.torture.processes import Web, Workers, one_of, strike, strike_group
from tests.torture.stage import DEADLINE, Stage

KILLS = {
    "SIGKILL of a worker": 40,
    "SIGKILL of the sentinel": 10,
    "SIGKILL of the parent": 10,
    "SIGKILL of the supervisor": 10,
    "SIGKILL of the whole group": 8,
    "SIGKILL of a web worker": 12,
    "SIGKILL of the web server": 6,
}
"""SIGKILLs and their shares."""
POSTGRES_KILL = "SIGKILL of PostgreSQL"
POSTGRES_STOP = "immediate stop of PostgreSQL"
FREEZE = "SIGSTOP past the lease"
CANCEL = "cancellation of a batch"
FROZEN_FOR = DEADLINE + LEASE_MARGIN + 1.5
DOWN_FOR = (0.1, 1.0)
"""Seconds that the database stays away."""
TRIES, AGAIN_AFTER = 75, 0.4
"""How often, and after how many seconds, a fault that found nothing to strike tries again."""


@dataclass
class Planned:
    """One fault to come, at a moment of the campaign (seconds from its beginning)."""

    at: float
    name: str
    tries: int = 0


def plan(kills: int, seconds: float, chance: random.Random, *, on_postgres: bool) -> list[Planned]:
    """So many SIGKILLs at random moments, every kind among them, and the other faults between."""
    names = list(KILLS) + ([POSTGRES_KILL] if on_postgres else [])
    weights = [*KILLS.values(), 4][: len(names)]
    names = names + chance.choices(names, weights, k=max(kills - len(names), 0))
    others = [FREEZE] * max(1, kills // 15) + [CANCEL] * max(1, kills // 30)
    if on_postgres:
        others += [POSTGRES_STOP] * max(1, kills // 30)
    found = [Planned(chance.uniform(0.05, 1.0) * seconds, name) for name in names[:kills] + others]
    for first in found:
        if first.name == FREEZE:  # it has to thaw while there is still work
            first.at = chance.uniform(0.02, 0.6) * seconds
    return sorted(found, key=lambda each: each.at)


class Faults:
    """Strikes what is due, and tries again for a while when there was nothing to strike."""

    def __init__(
        self, stage: Stage, workers: list[Workers], web: Web, chance: random.Random,
        cancel: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.hits: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.thawed = 0
        self.frozen: dict[int, float] = {}
        self._stage, self._workers, self._web, self._chance = stage, workers, web, chance
        self._strikes: dict[str, Callable[[], bool]] = {
            "SIGKILL of a worker": lambda: strike(self._worker()),
            "SIGKILL of the sentinel": lambda: strike(self._one().sentinel()),
            "SIGKILL of the parent": lambda: strike(self._one().leader()),
            "SIGKILL of the supervisor": lambda: strike(self._one().pid),
            "SIGKILL of the whole group": lambda: strike_group(self._one().leader()),
            "SIGKILL of a web worker": lambda: strike(one_of(web.workers(), chance, bool)),
            "SIGKILL of the web server": lambda: bool(web.workers()) and strike(web.pid),
            POSTGRES_KILL: lambda: self._take_database(hard=True),
            POSTGRES_STOP: lambda: self._take_database(hard=False),
            FREEZE: self._freeze,
            CANCEL: cancel,
        }

    def strike_due(self, planned: list[Planned], now: float) -> list[Planned]:
        """Strike what is due; returns what is still to come."""
        self._thaw()
        later = []
        for fault in planned:
            if fault.at > now:
                later.append(fault)
            elif self._strikes[fault.name]():
                self.hits[fault.name] += 1
            elif fault.tries < TRIES:
                later.append(Planned(now + AGAIN_AFTER, fault.name, fault.tries + 1))
            else:
                self.missed[fault.name] += 1
        return later

    def _one(self) -> Workers:
        """One of the two, rather one of which no worker is frozen: it has to thaw."""
        warm = [each for each in self._workers if not self.frozen.keys() & set(each.pool())]
        return self._chance.choice(warm or self._workers)

    def _worker(self) -> int:
        """A process of a pool, rather one that holds rows, never one that is frozen."""
        busy = _busy()
        pool = [pid for pid in self._one().pool() if pid not in self.frozen]
        return one_of(pool, self._chance, lambda pid: pid in busy)

    def _freeze(self) -> bool:
        """Stop a worker that holds rows until their leases have ended."""
        pool = {pid for each in self._workers for pid in each.pool()}
        busy = sorted(_busy() & pool)
        if self.frozen or not busy or not strike(busy[0], signal.SIGSTOP):
            return False
        self.frozen[busy[0]] = time.monotonic() + FROZEN_FOR
        return True

    def _thaw(self) -> None:
        for pid, until in list(self.frozen.items()):
            if time.monotonic() >= until:
                del self.frozen[pid]
                self.thawed += strike(pid, signal.SIGCONT)

    def thaw_all(self) -> None:
        """Let everything run again."""
        for pid in self.frozen:
            strike(pid, signal.SIGCONT)
        self.frozen.clear()

    def _take_database(self, *, hard: bool) -> bool:
        cluster = self._stage.cluster
        if cluster is None or cluster.server is None:
            return False
        if hard:
            cluster.kill()
        else:
            self._stage.stop_database_at_once()
        time.sleep(self._chance.uniform(*DOWN_FOR))
        cluster.start()
        return True


def _busy() -> set[int]:
    """The processes that hold rows right now; nobody while the database is away."""
    from eligibility.models import EligibilityTask

    try:
        running = EligibilityTask.objects.filter(status="running")
        names = set(running.values_list("worker", flat=True))
    except (DatabaseError, InterfaceError):
        with suppress(DatabaseError, InterfaceError):
            connection.close()
        return set()
    return {int(name.rpartition(":")[2] or 0) for name in names}
