"""A demo of its own to take pictures of: another directory, another port, ended afterwards."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_READY = "Serving until"
_OWN = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "API_KEY_PEPPER", "FIELD_KEY")
"""What a shell may say about a real portal, which must not be photographed."""


class NoDemo(Exception):
    """The demo ended before it served; the message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that serves: its address, its people's passwords, and a check with an answer."""

    url: str
    passwords: dict[str, str]
    task_id: str


@contextmanager
def running_demo() -> Iterator[Demo]:
    """A demo whose 400 rows are done; stopped at the end, its database thrown away."""
    with tempfile.TemporaryDirectory() as home:
        environment = {name: value for name, value in os.environ.items() if name not in _OWN}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env={**environment, "DEMO_DIR": home, "PORT": str(_free_port())},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield _read(process)
        finally:
            process.terminate()
            process.wait(60)


def _read(process: subprocess.Popen[str]) -> Demo:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith(_READY):
            return _understood(said)
    raise NoDemo(said)


def _understood(said: str) -> Demo:
    """What the demo tells people at its end."""
    people = re.findall(r"(\w+) +([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})\b", said)
    page = re.search(r"(http://[\d.:]+)/admin/", said)
    task = re.search(r"eligibility-result/([0-9a-f-]{36})", said)
    if not people or page is None or task is None:
        raise NoDemo(said)
    return Demo(url=page[1], passwords=dict(people), task_id=task[1])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
