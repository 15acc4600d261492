from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

MANAGE = Path(__file__).parents[3] / "manage.py"
COMMAND = (sys.executable, str(MANAGE), "synthetic_payer")
PATIENCE = 30.0


@contextmanager
def running_command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process of its own, with the address it printed."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def health(address: str) -> object:
    """What the server at this address says about itself."""
    with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE) as response:  # noqa: S310 (loopback)
        return json.load(response)


def wait_until(condition: Callable[[], bool]) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_and_announces_its_address_and_ends_cleanly(
    number: signal.Signals, tmp_path: Path
) -> None:
    announced = tmp_path / "address"
    with running_command("--announce", str(announced)) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert health(address) == {"status": "ok", "name": "SYNTHETIC payer"}
        assert announced.read_text() == address + "\n"
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert list(tmp_path.iterdir()) == [announced]


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with running_command() as (_, address):
        port = address.rpartition(":")[2]
        second = subprocess.run(
            [*COMMAND, "--port", port],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert second.returncode == 1
    assert "cannot start" in second.stderr
    assert "Traceback" not in second.stderr


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    announced = tmp_path / "address"
    program = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([*sys.argv[1:], '--with-parent', str(os.getpid())])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, *COMMAND, "--announce", str(announced)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert wait_until(announced.exists)
        assert health(announced.read_text().strip())
        parent.kill()
        assert parent.wait(PATIENCE) == -signal.SIGKILL
        assert wait_until(lambda: not is_alive(child))


def is_alive(process_id: int) -> bool:
    """Whether the process is there and not only waiting to be buried."""
    try:
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
