"""One process of the demo: its log, its last words, its end, and that of its descendants."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

LAST_LINES: Final = 15

_LIBC = ctypes.CDLL(None)
_SET_PARENT_DEATH_SIGNAL = 1  # options of prctl(2)
_SET_CHILD_SUBREAPER = 36


class ProcessEnded(Exception):
    """A process that should be running has ended; the message says which, with its last words."""


class Process:
    """One process in a group of its own, so that Ctrl-C reaches only the demo itself.

    What it prints goes to `log`, anew at each start. `sockets` are file descriptors it inherits.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, sockets: Sequence[int] = ()
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                pass_fds=sockets,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no other thread
            )

    @property
    def pid(self) -> int:
        """The process, which also leads its group."""
        return self._process.pid

    def check(self) -> None:
        """Raise ProcessEnded unless it is running."""
        code = self._process.poll()
        if code is None:
            return
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        raise ProcessEnded(f"The {self.name} ended {how}.\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log, for a person."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in lines)])

    def ask_to_stop(self) -> None:
        """Ask the leader; it ends its own children."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self, *, until: float) -> None:
        """Wait for its end until this moment (monotonic seconds), then end the whole group."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(until - time.monotonic(), 0.0))
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, where Linux is asked for it."""
    _tell_linux(_SET_CHILD_SUBREAPER, 1)


def wait_for_orphans(*, until: float) -> None:
    """Wait until this moment (monotonic seconds) for adopted processes; they end by themselves."""
    with suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.02)


def _end_with_parent() -> None:
    """Have Linux stop the process when the demo is killed and cannot do it itself."""
    _tell_linux(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _tell_linux(option: int, value: int) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(option, value)
