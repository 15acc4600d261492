"""A PostgreSQL server in a temporary directory: a test may stop it, kill it and start it again."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

USER = "portal"
DATABASE = "portal"
READY_WITHIN = 60.0
STOPPED_WITHIN = 60.0
PORT_TRIES = 3
DEBIAN_PLACE = Path("/usr/lib/postgresql")
_LIBC = ctypes.CDLL(None)


class Missing(Exception):
    """This machine cannot run PostgreSQL; the message says why and what to install."""


def binaries() -> Path:
    """The directory of `initdb` and `postgres`: that of PATH, else the newest one of Debian's."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    debian = DEBIAN_PLACE.glob("[0-9]*/bin")
    places += sorted(debian, key=lambda place: int(place.parent.name), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise Missing("PostgreSQL is not installed (Debian: apt install postgresql)")


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root. None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """Ask Linux to shut the server down, fast, when the process that started it is killed."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        _LIBC.prctl(set_parent_death_signal, signal.SIGINT)


def _with_children(leader: int) -> list[int]:
    """The server's process and its backends, which are group leaders of their own."""
    listed = Path(f"/proc/{leader}/task/{leader}/children")
    return [leader, *map(int, listed.read_text().split())] if listed.exists() else [leader]


class Cluster:
    """One throw-away server on a loopback port. A context manager: made, started, removed.

    `options` are settings of postgresql.conf. With `fsync` off a run is faster and a power cut
    would lose what was acknowledged. `url` stays the same over `stop`, `kill` and `start`.
    Raises Missing where there is no PostgreSQL, RuntimeError when it does not start.
    """

    def __init__(self, *, fsync: bool = True, options: Mapping[str, str] | None = None) -> None:
        self.programs = binaries()
        self.account = unprivileged_user()
        self.password = secrets.token_hex(16)
        self.port = free_port()
        self.options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        self.options |= {"shared_buffers": "64MB"}
        if not fsync:
            self.options |= {"fsync": "off", "full_page_writes": "off"}
        self.options |= options or {}
        self.server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens, as DATABASE_URL wants it."""
        return f"postgres://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="portal-postgres-"))
        try:
            self._initialise()
            self._start_on_a_free_port()
            with self._connect() as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remove()

    def start(self) -> None:
        """Start the server on its port and wait until it answers."""
        settings = [f"--{name}={value}" for name, value in self.options.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.home / "data")]
        command += ["-p", str(self.port), *settings]
        with self._log.open("ab") as log:
            self.server = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call, no lock
                **self._as_account(),
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Shut down in order: open connections are cut, nothing is lost."""
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self.kill()
        self.server = None

    def kill(self) -> None:
        """End every process of the server at once, without a goodbye."""
        if self.server is not None and self.server.poll() is None:
            for process in _with_children(self.server.pid):
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self.server.wait()
        self.server = None

    @property
    def _log(self) -> Path:
        return self.home / "server.log"

    def _as_account(self) -> dict[str, Any]:
        """How a subprocess becomes the unprivileged user, with an environment of its own."""
        common: dict[str, Any] = {
            "cwd": self.home,
            "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            "stdin": subprocess.DEVNULL,
        }
        if self.account is None:
            return common
        identity = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return common | identity

    def _initialise(self) -> None:
        """Make the data directory, with one user and its password."""
        password_file = self.home / "password"
        password_file.write_text(self.password)
        self._log.touch()
        if self.account is not None:
            for path in (self.home, password_file, self._log):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        command = [str(self.programs / "initdb"), "-D", str(self.home / "data"), "-U", USER]
        command += ["--no-sync", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        command += ["--encoding=UTF8", "--locale=C"]
        made = subprocess.run(
            command, check=False, capture_output=True, text=True, **self._as_account()
        )
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")

    def _start_on_a_free_port(self) -> None:
        """Start; another program may have taken the port in between, so try a few."""
        for _ in range(PORT_TRIES - 1):
            try:
                return self.start()
            except RuntimeError:
                self.port = free_port()
        return self.start()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end and self.server is not None and self.server.poll() is None:
            try:
                self._connect().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        tail = self._log.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"PostgreSQL did not start:\n{tail}")

    def _connect(self) -> psycopg.Connection[Any]:
        """A connection to the server's own database, which is there from the start."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
