"""The processes that a `workers` command keeps alive: the cluster and the synthetic payer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

SOON = 0.05
IDLE_GRACE = 2.0


def listening_socket() -> socket.socket:
    """A socket on a free loopback port that a child may inherit.

    Whoever connects while the child is being started again waits in its backlog.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    listener.set_inheritable(True)
    return listener


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie that nobody has reaped yet."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not Path("/proc/self").exists()


def members(group: int) -> frozenset[int]:
    """The living processes of a process group; empty where there is no /proc."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.add(int(entry.parent.name))
    return frozenset(found)


class Child:
    """One child process in a process group of its own, started again when it ends."""

    def __init__(
        self, *command: str, environment: dict[str, str], inherits: tuple[int, ...] = ()
    ) -> None:
        self._command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
        self._environment = {**os.environ, **environment}
        self._inherits = inherits
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def group(self) -> int:
        """The id of the child's process group; 0 before it was started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the child."""
        self._process = subprocess.Popen(  # noqa: S603
            self._command,
            env=self._environment,
            process_group=0,
            stdin=subprocess.DEVNULL,
            pass_fds=self._inherits,
        )

    def has_ended(self) -> bool:
        """Whether the child is not there (or has not been started)."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End the whole group at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self, *, grace: float, is_busy: Callable[[], bool] | None = None) -> None:
        """Ask the leader to end; end the group after `grace` seconds, or when it idles on.

        A leader that is no longer busy is given two seconds: a wedged cluster never ends.
        """
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        ends_at = time.monotonic() + grace
        while self._process.poll() is None and time.monotonic() < ends_at:
            time.sleep(SOON)
            if is_busy is not None and not is_busy():
                ends_at = min(ends_at, time.monotonic() + IDLE_GRACE)
                is_busy = None
        self.kill()
