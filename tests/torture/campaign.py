"""One campaign on one database: set up, send, strike, wait for the end, judge."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count

from tests.torture.deaths import deaths
from tests.torture.faults import Faults, Planned, plan
from tests.torture.judge import Evidence, gather, judge, repeats
from tests.torture.load import Load
from tests.torture.payer import HostilePayer
from tests.torture.posts import killed
from tests.torture.processes import Service, Web, Workers
from tests.torture.requests import Request, make_requests
from tests.torture.stage import Stage
from tests.torture.verdicts import Verdict

ROWS_A_REQUEST = 100
TICK = 0.1
MANY_KILLS = 50
READY_WITHIN = 240.0
LATE_BY = 60.0
"""Seconds (or half the ordered time) that strikes may come late on a busy machine: what is left
then is missed."""
SETTLE_WITHIN = 300.0
"""Seconds in which every row must have its end once nothing is struck any more."""


@dataclass(frozen=True)
class Orders:
    """What to do. `seconds` is how long rows are sent and faults strike."""

    database: str
    seed: int
    rows: int
    kills: int
    seconds: float


class Campaign:
    """Two `workers` commands, one web server, one client and one payer."""

    def __init__(self, orders: Orders, stage: Stage, payer: HostilePayer) -> None:
        chance = random.Random(orders.seed)
        self.orders, self.stage, self.payer = orders, stage, payer
        log = stage.home / "log"
        command = ["manage.py", "workers", "--workers", "3", "--grace", "10"]
        self.workers = [Workers(name, command, stage.environment, log) for name in ("one", "two")]
        self.web = Web("web", ["-m", "gunicorn"], stage.environment, log)
        size = min(ROWS_A_REQUEST, max(orders.rows // 10, 1))
        self.requests: list[Request] = make_requests(orders.rows, size, chance)
        sending_for = orders.seconds * 0.9
        self.load = Load(self.requests, stage.port, stage.key, sending_for, self._deaths)
        self.chance = chance
        self.faults = Faults(stage, self.workers, self.web, chance, self._cancel_one)
        self.planned: list[Planned] = plan(
            orders.kills, orders.seconds, chance, on_postgres=stage.cluster is not None
        )

    @property
    def services(self) -> list[Service]:
        """Everything that is started again when it has ended."""
        return [*self.workers, self.web]

    def run(self) -> dict[str, Any]:
        """Play it all; returns the record of what happened."""
        with ExitStack() as ending:
            for service in self.services:
                ending.callback(service.end)
                service.keep()
            ending.callback(self.load.stop)
            ending.callback(self.faults.thaw_all)
            self._wait_until_ready()
            began = time.monotonic()
            self.load.start()
            self._strike(began)
            self._wait(lambda: not self.load.is_sending(), SETTLE_WITHIN)
            self.load.stop()
            self.faults.thaw_all()
            struck_for = time.monotonic() - began
            self._wait(_nothing_is_open, SETTLE_WITHIN)
            settled_in = time.monotonic() - began - struck_for
            self._wait(self._payer_is_quiet, 10.0)
        return self._record(struck_for, settled_in)

    def _strike(self, began: float) -> None:
        """Strike for as long as it was ordered, and a little longer when strikes came late."""
        ends_at = began + self.orders.seconds + max(self.orders.seconds / 2, LATE_BY)
        while self._goes_on(began) and time.monotonic() < ends_at:
            for service in self.services:
                service.keep()
            self.planned = self.faults.strike_due(self.planned, time.monotonic() - began)
            time.sleep(TICK)

    def _goes_on(self, began: float) -> bool:
        return bool(self.planned) or time.monotonic() - began < self.orders.seconds

    def _wait_until_ready(self) -> None:
        from eligibility.models import WorkerHost

        def is_ready() -> bool:
            answered = WorkerHost.objects.filter(answered_at__isnull=False)
            return answered.count() >= len(self.workers) and len(self.web.workers()) > 0

        if not self._wait(is_ready, READY_WITHIN):
            raise RuntimeError(_tail(self.stage.home / "log"))

    def _wait(self, is_so: Any, seconds: float) -> bool:
        """Until it is so, keeping everything up; False when that did not come in time."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            for service in self.services:
                service.keep()
            try:
                if is_so():
                    return True
            except (DatabaseError, InterfaceError):
                connection.close()
            time.sleep(TICK)
        return False

    def _payer_is_quiet(self) -> bool:
        """Late calls of thawed workers have come and gone."""
        return not self.faults.frozen

    def _cancel_one(self) -> bool:
        """Cancel the batch of which most rows are running."""
        from eligibility.models import Batch, EligibilityTask
        from eligibility.operations import cancel_batch

        try:
            running_rows = EligibilityTask.objects.filter(status="running", parent=None)
            by_batch = running_rows.values_list("batch_id").annotate(rows=Count("pk"))
            found = [batch for batch, rows in by_batch.order_by("-rows")[:1] if rows > 1]
            return (
                bool(found)
                and cancel_batch(batch=Batch.objects.get(pk=found[0]), actor="torture") > 0
            )
        except (DatabaseError, InterfaceError):
            connection.close()
            return False

    def _record(self, struck_for: float, settled_in: float) -> dict[str, Any]:
        evidence = gather(self.requests, self.payer, self._deaths())
        verdicts = judge(evidence)
        counters = self._counters(evidence)
        verdicts.append(
            Verdict.of("every fault struck", len(counters), _vacuous(counters, self.orders))
        )
        violations = sum(verdict.violations for verdict in verdicts)
        return {
            "database": self.orders.database,
            "seed": self.orders.seed,
            "rows": self.orders.rows,
            "rows_accepted": sum(row["parent_id"] is None for row in evidence.tasks.values()),
            "paths_of_searches": sum(bool(row["parent_id"]) for row in evidence.tasks.values()),
            "kills_wanted": self.orders.kills,
            "sigkills": sum(
                count for name, count in self.faults.hits.items() if name.startswith("SIGKILL")
            ),
            "struck_for_s": round(struck_for, 1),
            "settled_in_s": round(settled_in, 1),
            "load_at_end": [round(each, 1) for each in os.getloadavg()],
            "faults": counters,
            "missed": dict(self.faults.missed + Counter(each.name for each in self.planned)),
            "ends": dict(_ends(evidence)),
            "posts": dict(self.load.seen),
            "repeats": repeats(evidence),
            "calls": sum(map(len, self.payer.ledger.values())),
            "restarts": {service.name: service.starts - 1 for service in self.services},
            "verdicts": [verdict.as_json() for verdict in verdicts],
            "violations": violations,
        }

    def _counters(self, evidence: Evidence) -> dict[str, int]:
        """How often each fault struck: without one of these a run proves nothing about it."""
        late = sum(row["late"] for rows in evidence.attempts.values() for row in rows)
        lost = sum(row["crashes"] > 0 for row in evidence.tasks.values())
        names = {each.name for each in self._all_planned()}
        posts = self.requests, evidence.deaths
        return {
            **{name: self.faults.hits[name] for name in sorted(names)},
            "SIGCONT after it": self.faults.thawed,
            **{f"payer: {name}": self.payer.faults[name] for name in self.payer.kinds},
            "hints delivered three times": self.stage.hints,
            "POSTs sent again": sum(max(each.sends - 1, 0) for each in self.requests),
            "POSTs given their stored answer": sum(sum(each.replayed) for each in self.requests),
            "POSTs killed within the work": len(killed(*posts, after=False)),
            "POSTs killed between commit and answer": len(killed(*posts, after=True)),
            "rows lost with their worker": lost,
            "late answers kept": late,
        }

    def _deaths(self) -> dict[str, str]:
        return deaths(self.stage.deaths)

    def _all_planned(self) -> list[Planned]:
        chance = random.Random(0)
        return plan(self.orders.kills, 1.0, chance, on_postgres=self.stage.cluster is not None)


def _vacuous(counters: dict[str, int], orders: Orders) -> list[str]:
    """The faults that never struck. A short run need not see what only luck brings about."""
    missing = [name for name, count in counters.items() if not count]
    if orders.kills >= MANY_KILLS:
        return missing
    kills = sum(count for name, count in counters.items() if name.startswith("SIGKILL"))
    few = [] if kills >= orders.kills // 2 else [f"only {kills} SIGKILLs"]
    return few + [name for name in missing if name.startswith(("payer", "hints", "POSTs"))]


def _ends(evidence: Evidence) -> Counter[str]:
    ends: Counter[str] = Counter()
    for row in evidence.tasks.values():
        kind = "path of a search: " if row["parent_id"] else ""
        ends[kind + " ".join(filter(None, (row["status"], row["outcome"], row["failure"])))] += 1
    return ends


def _nothing_is_open() -> bool:
    from eligibility.choices import FINAL
    from eligibility.models import EligibilityTask

    return not EligibilityTask.objects.exclude(status__in=FINAL).exists()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
