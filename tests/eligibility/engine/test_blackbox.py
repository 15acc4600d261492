"""The box of a dead worker names the row whose code was running, and no other."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility.choices import Failure, Status
from eligibility.connectors.synthetic import SyntheticConnector
from eligibility.engine import leases
from eligibility.engine.blackbox import (
    CHECKING,
    DIRECTORY_VARIABLE,
    TALKING,
    BlackBox,
    noted,
    packed,
    take,
)
from eligibility.engine.workers.supervisor import Supervisor
from eligibility.models import DrainSlot
from tests.eligibility.engine.helpers import (
    again,
    claim,
    drain_once,
    make_host,
    make_lane,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

HOLD = (uuid4(), 7)
DIES = """
import os, signal, sys, uuid
from eligibility.engine.blackbox import TALKING, BlackBox, packed
BlackBox(TALKING, sys.argv[1]).note(packed(uuid.UUID(sys.argv[2]), 7))
os.kill(os.getpid(), signal.SIGKILL)
"""


def content(directory: Path) -> bytes:
    return (directory / str(os.getpid())).read_bytes()


def test_the_box_names_the_row_while_its_code_runs_and_nobody_between(tmp_path: Path) -> None:
    box, seen = BlackBox(TALKING, str(tmp_path)), []

    async def converse() -> str:
        seen.append(content(tmp_path))
        await asyncio.sleep(0)
        seen.append(content(tmp_path))
        return "answered"

    async def watch() -> str:
        task = asyncio.create_task(_await(noted(converse(), box, packed(*HOLD))))
        await asyncio.sleep(0)
        between = content(tmp_path)
        assert not any(between)
        return await task

    assert asyncio.run(watch()) == "answered"
    assert seen == [packed(*HOLD) + bytes(20)] * 2
    assert not any(content(tmp_path))


async def _await(something: Any) -> Any:
    return await something


def test_errors_deadlines_and_cancellations_pass_through(tmp_path: Path) -> None:
    box = BlackBox(TALKING, str(tmp_path))

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("a reason")

    async def wait() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            raise
        return "never"

    async def in_time() -> None:
        async with asyncio.timeout(0.01):
            await noted(wait(), box, packed(*HOLD))

    with pytest.raises(ValueError, match="a reason"):
        asyncio.run(_await(noted(fail(), box, packed(*HOLD))))
    with pytest.raises(TimeoutError):
        asyncio.run(in_time())
    assert not any(content(tmp_path))


def test_without_a_supervisor_nothing_is_written_anywhere(tmp_path: Path) -> None:
    box = BlackBox(TALKING, "")
    box.note(packed(*HOLD))
    box.clear()

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_was_busy_with_is_read_once(tmp_path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", DIES, str(tmp_path), HOLD[0].hex])
    assert killed.wait(30) == -signal.SIGKILL

    assert take(str(tmp_path), killed.pid) == [HOLD]
    assert take(str(tmp_path), killed.pid) == []


def test_a_process_that_was_busy_with_no_row_names_none(tmp_path: Path) -> None:
    BlackBox(TALKING, str(tmp_path))
    assert take(str(tmp_path), os.getpid()) == []

    (tmp_path / "1").write_bytes(b"half")
    assert take(str(tmp_path), 1) == []


def test_two_threads_of_a_process_have_each_their_place(tmp_path: Path) -> None:
    other = (uuid4(), 1)
    BlackBox(TALKING, str(tmp_path)).note(packed(*HOLD))
    BlackBox(CHECKING, str(tmp_path)).note(packed(*other))

    assert take(str(tmp_path), os.getpid()) == [HOLD, other]


# --- who is blamed -------------------------------------------------------------------------------

GONE = 2**22 + 1
"""A process id that no process has."""


def supervisor_after(rows_in_hand: int, culprit: int | None) -> tuple[Supervisor, list[Any]]:
    """A supervisor whose worker has died with these rows, its box naming one of them or none."""
    supervisor = Supervisor(workers=2)
    supervisor._payer_socket.close()
    worker = f"{supervisor._host_id}:{GONE}"
    host = make_host(supervisor._host_id, slots=1)
    rows = make_rows(make_lane(), rows_in_hand)
    claimed = claim(worker)
    DrainSlot.objects.filter(host=host).update(state=DrainSlot.State.BUSY, worker=worker)
    if culprit is not None:
        held = next(row for row in claimed if row.task_id == rows[culprit].pk)
        box = Path(supervisor._boxes) / str(GONE)
        box.write_bytes(packed(held.task_id, held.fence) + bytes(20))
    return supervisor, rows


def crashes(rows: list[Any]) -> list[int]:
    found = [again(row) for row in rows]
    assert {row.status for row in found} == {Status.WAITING}
    return [row.crashes for row in found]


@pytest.mark.usefixtures("db")
def test_the_row_in_the_box_is_blamed_and_its_neighbours_are_not() -> None:
    supervisor, rows = supervisor_after(4, culprit=2)

    supervisor._give_back_dead()

    assert crashes(rows) == [0, 0, 1, 0]


@pytest.mark.usefixtures("db")
def test_with_an_empty_box_all_are_suspects() -> None:
    supervisor, rows = supervisor_after(3, culprit=None)

    supervisor._give_back_dead()

    assert crashes(rows) == [1, 1, 1]


@pytest.mark.usefixtures("db")
def test_a_box_that_names_a_row_of_other_hands_blames_all() -> None:
    supervisor, rows = supervisor_after(2, culprit=None)
    (Path(supervisor._boxes) / str(GONE)).write_bytes(packed(UUID(int=1), 1) + bytes(20))

    supervisor._give_back_dead()

    assert crashes(rows) == [1, 1]


@pytest.mark.usefixtures("db")
def test_a_row_that_does_its_harm_late_becomes_a_suspect_and_is_never_failed_for_that_alone() -> (
    None
):
    (task,) = make_rows(make_lane(), 1)
    counted = []
    for _ in range(14):
        claim()
        leases.return_of_dead(["host:1"], crashed=False)
        counted.append(again(task).crashes)

    assert counted == [0] * 7 + [1] + [2] * 6
    assert again(task).status == Status.WAITING


@pytest.mark.usefixtures("db")
def test_a_row_that_kills_while_it_is_checked_is_blamed_though_nobody_held_it() -> None:
    """The claim was rolled back with the worker: the row stands in line as before."""
    (task, other) = make_rows(make_lane(), 2)
    for crashed in (1, 2, 3):
        hold = (task.pk, again(task).fence + 1)
        assert leases.blame([hold], "n") == 0
        assert leases.blame_unclaimed([hold], "n") == 1
        assert again(task).crashes == crashed

    assert leases.blame_unclaimed([(task.pk, 1), (other.pk, 7)], "n") == 0
    row = again(task)
    assert (row.status, row.failure, row.review) == (
        Status.FAILED,
        Failure.INTERNAL,
        "needs_attention",
    )
    assert again(other).crashes == 0


@pytest.mark.usefixtures("db")
def test_a_row_is_in_the_box_while_it_is_checked(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    (task,) = make_rows(make_lane(), 1)
    seen: list[Any] = []

    def look(self: Any, query: Any, settings: Any) -> None:
        seen.extend(take(str(tmp_path), os.getpid()))

    monkeypatch.setattr(SyntheticConnector, "check", look)
    drain_once(payer)

    assert seen == [(task.pk, 1)]
