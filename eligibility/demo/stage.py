"""The demo's processes, web server and workers: started, watched, stopped, never orphaned."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from eligibility.demo.process import Process, adopt_orphans, wait_for_orphans

GRACE: Final = 12.0
"""Seconds a process may take to stop; the workers' running calls have less."""

ORPHANS_END_WITHIN: Final = 3.0
"""Seconds for what a killed process has started; it watches its parent twice a second."""

_TICK = 0.1
_PORTS_TRIED = 20


class Interrupted(Exception):
    """Somebody asked the demo to stop."""


class Stage:
    """Runs the demo's processes while the block lasts; also turns signals into Interrupted.

    A second signal is obeyed at once by the demo alone: its children still stop in order.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._processes: list[Process] = []
        self._interrupted = False

    def __enter__(self) -> Self:
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.ask_to_stop()
        until = time.monotonic() + GRACE
        for process in self._processes:
            process.stop(until=until)
        wait_for_orphans(until=time.monotonic() + ORPHANS_END_WITHIN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True
        signal.signal(number, signal.SIG_DFL)

    def start_web(self, listener: socket.socket) -> Process:
        """Start gunicorn, configured as `make serve` does, on a socket that listens already."""
        bind = f"fd://{listener.fileno()}"
        command = ["-m", "gunicorn", "--bind", bind]
        return self._start("web server", "web", command, sockets=[listener.fileno()])

    def start_workers(self) -> Process:
        """Start the workers, which bring the synthetic payer with them."""
        return self._start("workers", "workers", ["manage.py", "workers", "--grace", "5"])

    def _start(
        self, name: str, short: str, command: Sequence[str], *, sockets: Sequence[int] = ()
    ) -> Process:
        log = self._logs / f"demo-{short}.log"
        process = Process(name, command, log=log, sockets=sockets)
        self._processes.append(process)
        return process

    def pause(self, seconds: float) -> None:
        """Wait a little. Raises Interrupted or ProcessEnded when there is a reason not to go on."""
        ends_at = time.monotonic() + seconds
        while True:
            if self._interrupted:
                raise Interrupted
            for process in self._processes:
                process.check()
            left = ends_at - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _TICK))


def listen(port: int) -> socket.socket:
    """A socket that listens on this loopback port or, when it is taken, on one of the next.

    The web server inherits it, so nobody can take the port in between.
    """
    for candidate in (*range(port, min(port + _PORTS_TRIED, 65536)), 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise OSError("there is no free port on 127.0.0.1")
