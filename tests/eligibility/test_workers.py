"""The `workers` command as processes: killed, wedged, stopped, scheduled. Nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from eligibility.choices import FINAL
from eligibility.engine import invariants
from eligibility.engine.workers import children
from eligibility.models import Attempt, EligibilityTask, WorkerHost
from eligibility.operations import Created, create_tasks, run_batch
from tests.cast import Cast
from tests.eligibility.make_rows import make_row
from tests.production import production

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
# One in five of these rows is steered, so that the run has every kind of end in it.
SCRIPTS = (
    "delay=120;outcome=eligible",
    "delay=60;outcome=member_not_found",
    "later=0.4;outcome=not_eligible",
    "times=1;failure=payer_unavailable",
    "failure=identity_mismatch",
)


def rows(count: int, *, delay: int = 40) -> list[dict[str, Any]]:
    """Rows whose answers are known beforehand."""
    return [
        make_row(
            id_type="CARDNUMBER",
            id_value=f"CARD-{number:05}",
            client_reference="",
            extra_args={
                "title": "synthetic",
                "value": SCRIPTS[number % 25] if number % 25 < 5 else f"delay={delay}",
            },
        )
        for number in range(count)
    ]


def post(cast: Cast, count: int, **options: Any) -> Created:
    """Accept rows, as a request would."""
    us = cast.us
    delay = options.pop("delay", 40)
    return create_tasks(
        team=us.team, clinic=us.first, actor="a" * 24, rows=rows(count, delay=delay), **options
    )


class Workers:
    """A running `workers` command."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    @property
    def host(self) -> WorkerHost:
        """What it says about itself."""
        return WorkerHost.objects.get(pid=self.process.pid)

    def processes(self) -> dict[int, tuple[int, str]]:
        """Its descendants: process id → (parent, command)."""
        table = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if fields[0] != "Z":
                table[int(entry.name)] = (int(fields[1]), command)
        mine, grown = {self.process.pid}, True
        while grown:
            more = {pid for pid, (parent, _) in table.items() if parent in mine} | mine
            grown, mine = more != mine, more
        return {pid: table[pid] for pid in mine - {self.process.pid} if pid in table}

    def leader(self) -> int:
        """The cluster's first process."""
        return self._child("--cluster")

    def payer(self) -> int:
        """The synthetic payer."""
        return self._child("synthetic_payer")

    def _child(self, word: str) -> int:
        return next(
            pid
            for pid, (parent, command) in self.processes().items()
            if parent == self.process.pid and word in command
        )

    def pool(self) -> list[int]:
        """The workers, and the cluster's other inner processes."""
        leader, processes = self.leader(), self.processes()
        sentinel = next(pid for pid, (parent, _) in processes.items() if parent == leader)
        return [pid for pid, (parent, _) in processes.items() if parent == sentinel]

    def busy(self) -> int:
        """A worker that holds rows right now."""
        held = wait_for(
            lambda: EligibilityTask.objects.filter(status="running").values_list("worker").first()
        )
        return int(held[0].rpartition(":")[2])


@contextmanager
def workers(database_url: str, *, is_ready: bool = True, **environment: str) -> Iterator[Workers]:
    """The command, running and (when `is_ready`) taking jobs; ended with all it started."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "workers", "--workers", "3", "--grace", "20"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url, "DEBUG": "1", **environment},
        stdout=subprocess.DEVNULL,
    )
    running = Workers(process)
    try:
        answered = WorkerHost.objects.filter(pid=process.pid, answered_at__isnull=False)
        wait_for(lambda: not is_ready or answered.exists(), 90.0)
        yield running
    finally:
        left = running.processes()
        process.terminate()
        try:
            process.wait(timeout=30)
        finally:
            for pid in left:
                if children.is_running(pid):
                    os.kill(pid, signal.SIGKILL)
            if process.poll() is None:
                process.kill()


def wait_for(is_there: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Look until there is something; fails after `seconds`."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := is_there():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


def wait_until_finished(created: Created, seconds: float = 60.0) -> None:
    """Wait until every row of a batch has its end."""
    open_rows = EligibilityTask.objects.filter(batch=batch_of(created)).exclude(status__in=FINAL)
    wait_for(lambda: not open_rows.exists(), seconds)


def batch_of(created: Created) -> UUID:
    """The id of an answer's batch."""
    assert created.batch_id is not None
    return UUID(created.batch_id)


def ends(created: Created) -> list[tuple[str, str]]:
    """Outcome and failure of each row, in the request's order."""
    tasks = EligibilityTask.objects.filter(batch=batch_of(created))
    return list(tasks.order_by("line").values_list("outcome", "failure"))


def assert_no_promise_is_broken() -> None:
    """Every invariant holds, and there was something to look at."""
    findings = invariants.check()
    assert [finding.invariant.promise for finding in findings if finding.count] == []
    assert sum(finding.examined for finding in findings) > 0


@pytest.mark.sqlite_only  # on both databases: tests/torture
def test_kills_of_every_kind_lose_no_row_and_change_no_answer(
    committed_cast: Cast, database_url: str
) -> None:
    with workers(database_url) as running:
        undisturbed = post(committed_cast, 100)
        wait_until_finished(undisturbed)
        right = ends(undisturbed)
        assert len(set(right)) > 3
        for kill in (kill_a_busy_worker, kill_the_leader, kill_the_payer):
            disturbed = post(committed_cast, 100, delay=150)
            kill(running)
            wait_until_finished(disturbed)
            assert ends(disturbed) == right
        crashed = EligibilityTask.objects.filter(crashes__gt=0)
        assert crashed.exists(), "the kills hit nobody"
        assert_repeats_are_explained(running)
        kill_all_that_wait_for_work(running)
        wait_until_finished(post(committed_cast, 20), seconds=60)
    assert_no_promise_is_broken()


def kill_a_busy_worker(running: Workers) -> None:
    """It holds rows; its neighbours live on."""
    os.kill(running.busy(), signal.SIGKILL)


def kill_the_leader(running: Workers) -> None:
    """The cluster's head is gone while its workers hold rows."""
    running.busy()
    os.kill(running.leader(), signal.SIGKILL)


def kill_the_payer(running: Workers) -> None:
    """The payer forgets all it knew, in the middle of calls."""
    wait_for(lambda: EligibilityTask.objects.filter(status="running").exists())
    os.kill(running.payer(), signal.SIGKILL)


def kill_all_that_wait_for_work(running: Workers) -> None:
    """One of them holds the inner queue's lock: the cluster is wedged from now on."""
    wait_for(lambda: not EligibilityTask.objects.exclude(status__in=FINAL).exists())
    for pid in running.pool():
        os.kill(pid, signal.SIGKILL)


def assert_repeats_are_explained(running: Workers) -> None:
    """The payer saw no second question but after a failed answer or a call of unknown fate."""
    counts_page = f"{running.host.synthetic_url}/calls/counts?submits=2"
    with urlopen(counts_page) as answer:  # noqa: S310 (loopback)
        counts = json.load(answer)
    submits = counts["kinds"].index("submit")
    for reference, calls in counts["counts"].items():
        conversations = Attempt.objects.filter(task_id=reference)
        assert calls[submits] <= conversations.count()
        assert conversations.filter(state="failed").count() >= calls[submits] - 1


def test_batches_start_in_time_and_a_stop_leaves_nothing_behind(
    committed_cast: Cast, database_url: str
) -> None:
    waiting = post(committed_cast, 5)
    tomorrow = timezone.now() + timedelta(days=1)
    scheduled = post(committed_cast, 5, scheduled=True, scheduled_for=tomorrow)
    with workers(database_url) as running:
        wait_until_finished(waiting, seconds=15)
        due = timezone.now() + timedelta(seconds=2)
        soon = post(committed_cast, 5, scheduled=True, scheduled_for=due)
        batch = EligibilityTask.objects.filter(batch=batch_of(scheduled))[0].batch
        assert batch is not None
        run_batch(batch=batch)
        wait_until_finished(scheduled, seconds=15)
        wait_until_finished(soon, seconds=15)
        assert_started_within(soon, due, timedelta(seconds=2))
        created = post(committed_cast, 60, delay=700)
        running.busy()
        assert_stops_cleanly(running, created)
    assert_no_promise_is_broken()


def assert_started_within(created: Created, due: datetime, most: timedelta) -> None:
    """Every row was claimed after its time, and soon."""
    batch = EligibilityTask.objects.filter(batch=batch_of(created))
    starts = list(batch.values_list("first_claimed_at", flat=True))
    assert None not in starts
    assert all(timedelta(0) <= start - due < most for start in starts if start)


def assert_stops_cleanly(running: Workers, created: Created) -> None:
    """Told to stop, it lets its calls end, takes no more, and leaves nobody behind."""
    left = running.processes()
    running.process.terminate()
    assert running.process.wait(timeout=25) == 0
    assert not [pid for pid in left if children.is_running(pid)]
    assert not WorkerHost.objects.exists()
    batch = EligibilityTask.objects.filter(batch=batch_of(created))
    assert not batch.filter(status="running").exists()
    assert not batch.filter(crashes__gt=0).exists()


def test_a_killed_supervisor_takes_its_children_with_it(
    committed_cast: Cast, database_url: str
) -> None:
    with workers(database_url) as running:
        left = running.processes()
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not [pid for pid in left if children.is_running(pid)], seconds=10)


def test_a_supervisor_killed_while_its_children_start_leaves_none_behind(
    committed_cast: Cast, database_url: str
) -> None:
    with workers(database_url, is_ready=False) as running:
        wait_for(lambda: len(running.processes()) == 2)
        left = running.processes()
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not [pid for pid in left if children.is_running(pid)], seconds=20)


@pytest.mark.postgres_only
def test_a_database_that_forgets_is_refused(database_url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("off",), "this run's cluster is the one that forgets"
    told = subprocess.run(
        [sys.executable, "manage.py", "workers"],
        cwd=ROOT,
        env=os.environ | production(database_url),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert told.returncode == 1
    assert "fsync is off" in told.stderr
