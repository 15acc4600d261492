"""The portal's processes as operators start them, and where in them a signal can strike."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from eligibility.engine.workers.children import is_running

ROOT = Path(__file__).resolve().parents[2]


def process_table() -> dict[int, tuple[int, str]]:
    """Every living process: id → (parent, command)."""
    table = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if fields[0] != "Z":
                table[int(entry.name)] = (int(fields[1]), command)
    return table


class Service:
    """One of our commands, started again whenever it has ended, as a service manager does."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path):
        self.name = name
        self.starts = 0
        self._command = [sys.executable, *command]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._known: set[int] = set()

    @property
    def pid(self) -> int:
        """The id of the first process; 0 before it was started."""
        return self._process.pid if self._process else 0

    def keep(self) -> None:
        """Start it unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, process_group=0,
            )  # fmt: skip

    def family(self) -> dict[int, tuple[int, str]]:
        """All its living descendants: id → (parent, command)."""
        table = process_table()
        mine, grown = {self.pid}, True
        while grown:
            more = {pid for pid, (parent, _) in table.items() if parent in mine} | mine
            grown, mine = more != mine, more
        found = {pid: table[pid] for pid in mine - {self.pid} if pid in table}
        self._known |= set(found)
        return found

    def end(self, grace: float = 15.0) -> None:
        """Ask it to end; then end it and what is left of its family."""
        if self._process is None:
            return
        self.family()
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in self._known:
            if is_running(pid) and str(ROOT) in _directory(pid):
                strike(pid)


def _directory(pid: int) -> str:
    """Where a process works: an id may have gone to somebody else meanwhile."""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


class Workers(Service):
    """A `workers` command: supervisor, cluster's leader, sentinel, pool."""

    def leader(self) -> int:
        """The cluster's first process; 0 when it is not there."""
        return self._first(self.pid, "--cluster")

    def sentinel(self) -> int:
        """The leader's child."""
        leader = self.leader()
        return self._first(leader, "--cluster") if leader else 0

    def pool(self) -> list[int]:
        """The workers and the cluster's other inner processes."""
        sentinel = self.sentinel()
        if not sentinel:
            return []
        return [pid for pid, (parent, _) in self.family().items() if parent == sentinel]

    def _first(self, parent: int, word: str) -> int:
        found = [
            pid for pid, (above, command) in self.family().items()
            if above == parent and word in command
        ]  # fmt: skip
        return min(found, default=0)


class Web(Service):
    """gunicorn: its master and its workers."""

    def workers(self) -> list[int]:
        """The processes that serve requests."""
        return [pid for pid, (parent, _) in self.family().items() if parent == self.pid]


def strike(pid: int, number: signal.Signals = signal.SIGKILL) -> bool:
    """Send a signal to a process of ours; False when it is gone already."""
    if pid <= 1:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def strike_group(leader: int) -> bool:
    """Kill a whole process group."""
    if leader <= 1:
        return False
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def one_of(pids: list[int], chance: random.Random, wanted: Callable[[int], bool]) -> int:
    """One of these, rather one that is wanted; 0 when there is none."""
    good = [pid for pid in pids if wanted(pid)]
    return chance.choice(good or pids) if pids else 0
