"""A second portal, whole, in a process of its own: `python -m tests.eligibility.other_portal`.

It has a database, a port and a synthetic payer of its own, takes checks over REST, and drains
them until its standard input ends. The first line it prints is JSON: url and key.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class OtherPortal:
    """Where it listens, what opens it, and its database's file."""

    url: str
    key: str
    database: Path

    def count(self, what: str) -> int:
        """One number from its database."""
        with sqlite3.connect(self.database) as connection:
            (number,) = connection.execute(f"SELECT count(*) FROM {what}").fetchone()
        connection.close()
        return int(number)

    def answers(self) -> dict[str, tuple[str, dict[str, object]]]:
        """Outcome and answer of each of its tasks, by the reference that the asker gave."""
        with sqlite3.connect(self.database) as connection:
            rows = connection.execute(
                "SELECT t.client_reference, t.outcome, r.answer FROM eligibility_eligibilitytask t"
                " JOIN eligibility_result r ON r.id = t.result_id"
            ).fetchall()
        connection.close()
        return {reference: (outcome, json.loads(answer)) for reference, outcome, answer in rows}


@contextmanager
def other_portal(directory: Path) -> Iterator[OtherPortal]:
    """Start it, and end it."""
    database = directory / "other.sqlite3"
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{database}",
        "DEBUG": "1",
        "SECRET_KEY": "the other portal's own key",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.eligibility.other_portal"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        yield OtherPortal(told["url"], told["key"], database)
    finally:
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _serve() -> None:
    """The process itself."""
    import threading

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.test.testcases import QuietWSGIRequestHandler

    from eligibility.engine.drain import Drain
    from eligibility.operations.setup import prepare_team
    from portal.models import ApiKey, Scope
    from tests.eligibility.engine.payers import running_payer

    call_command("migrate", verbosity=0)
    team, clinic = prepare_team(team="Other", clinic="Other clinic")
    _, key = ApiKey.issue(team=team, name="first", scopes=tuple(Scope), clinics=[clinic])
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "key": key}), flush=True)
    with running_payer() as payer:
        while not ended.wait(0.05):
            Drain(worker="other:1", synthetic_url=payer.url).run()
    server.shutdown()


if __name__ == "__main__":
    _serve()
