"""Run a snippet as integrators do: in a process of its own, steered by the environment."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit

import pytest

from eligibility.start.examples import DIRECTORY

PATIENCE = 60


def run(file: str, environment: Mapping[str, str]) -> str:
    """What the snippet printed. It must end well and complain of nothing."""
    interpreter = [sys.executable, "-W", "error"] if file.endswith(".py") else ["sh", "-eu"]
    done = subprocess.run(
        [*interpreter, str(DIRECTORY / file)],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{file}: {done.stderr}"
    return done.stdout


@contextmanager
def receiving(environment: Mapping[str, str]) -> Iterator[IO[str]]:
    """Run receiver.py. Yields what it prints, line by line; it is killed when nothing comes."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(DIRECTORY / "receiver.py")],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        _wait_until_it_listens(int(environment["HOOK_PORT"]), process)
        yield process.stdout
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait()
        process.stdout.close()


def _wait_until_it_listens(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the receiver has ended")


def post_unsigned(url: str) -> int:
    """The status that a stranger's call is answered with."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
    headers = {"webhook-id": "x", "webhook-timestamp": str(int(time.time()))}
    headers["webhook-signature"] = "v1,AAAA"
    try:
        connection.request("POST", "/", b"{}", headers)
        return connection.getresponse().status
    finally:
        connection.close()


def need_curl() -> None:
    """Skip the test where there is no curl, or fail it in CI."""
    if shutil.which("curl"):
        return
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail("there is no curl in CI")
    pytest.skip("there is no curl")
