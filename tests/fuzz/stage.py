"""Where the fuzzing happens: the portal under gunicorn, on a database of its own."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from tests.cluster import Cluster, free_port
from tests.production import production
from tests.torture.processes import Service

READY_WITHIN = 60.0


@contextmanager
def serving(database: str, log: Path | None = None) -> Iterator[str]:
    """The address of a portal of its own, and Django on its database, once in a process.

    Raises cluster.Missing.
    """
    with ExitStack() as ending:
        home = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="portal-fuzz-")))
        url = f"sqlite:///{home / 'portal.sqlite3'}"
        if database == "postgres":
            url = ending.enter_context(Cluster(fsync=False)).url
        environment = production(
            url,
            DJANGO_SETTINGS_MODULE="portal.settings",
            SYNTHETIC_PAYER_URL="http://127.0.0.1:9",
            QUOTA_CALLS_OF_KEY="10000000",
            QUOTA_CALLS_OF_TEAM="10000000",
            PORT=str(free_port()),
            WEB_CONCURRENCY="2",
        )
        os.environ.update(environment)
        _set_up()
        web = Service("web", ["-m", "gunicorn"], environment, log or home / "log")
        ending.callback(web.end)
        web.keep()
        address = f"http://127.0.0.1:{environment['PORT']}"
        _wait_for(address)
        yield address


def _set_up() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)


def _wait_for(address: str) -> None:
    ends_at = time.monotonic() + READY_WITHIN
    while True:
        try:
            requests.get(f"{address}/healthz", timeout=5).raise_for_status()
            return
        except requests.RequestException:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.1)
