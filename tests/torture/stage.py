"""Where the campaign plays: a database of its own, durable, and a portal set up for one team."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import Cluster, free_port
from tests.production import production
from tests.torture import COUNT_VARIABLE, DEATHS_VARIABLE

DEADLINE = 2.0
LANES: dict[str, dict[str, Any]] = {
    "TPA002": {"max_in_flight": 30},
    "TPA004": {"max_in_flight": 20},
    "TPA010": {"max_in_flight": 20, "rate_windows": [{"calls": 30, "seconds": 2}]},
}
"""The lanes that rows name; those of other payers are reached by searches only."""
LIMITS: dict[str, Any] = {
    "deadline": DEADLINE,
    "max_conversations": 6,
    "give_up_after": 600.0,
    "backoff_min": 0.2,
    "backoff_max": 1.0,
    "breaker_min": 0.5,
    "breaker_max": 2.0,
    "max_in_flight": 10,
}


@dataclass
class Stage:
    """What the campaign needs to know. `cluster` is None on SQLite."""

    home: Path
    port: int
    environment: dict[str, str]
    cluster: Cluster | None
    key: str = ""
    clinic: Any = None

    @property
    def hints(self) -> int:
        """How many hints were put in three times."""
        place = Path(self.environment[COUNT_VARIABLE])
        return place.stat().st_size if place.exists() else 0

    @property
    def deaths(self) -> Path:
        """The file of the processes that died as a request ordered it."""
        return Path(self.environment[DEATHS_VARIABLE])

    def stop_database_at_once(self) -> None:
        """PostgreSQL's immediate shutdown: no checkpoint, connections cut."""
        assert self.cluster is not None
        assert self.cluster.server is not None
        self.cluster.server.send_signal(signal.SIGQUIT)
        self.cluster.server.wait(60)
        self.cluster.server = None


@contextmanager
def set_up(database: str) -> Iterator[Stage]:
    """A migrated database and Django on it, once in a process. Raises cluster.Missing."""
    with tempfile.TemporaryDirectory(prefix="portal-torture-") as directory:
        home = Path(directory)
        if database == "sqlite":
            with _portal(home, f"sqlite:///{home / 'portal.sqlite3'}", None) as stage:
                yield stage
            return
        with Cluster(fsync=True) as cluster, _portal(home, cluster.url, cluster) as stage:
            yield stage


@contextmanager
def _portal(home: Path, url: str, cluster: Cluster | None) -> Iterator[Stage]:
    port = free_port()
    environment = production(
        url,
        DJANGO_SETTINGS_MODULE="tests.torture.settings",
        OUTGOING_ALLOW="127.0.0.0/8",
        SYNTHETIC_PAYER_URL="http://127.0.0.1:9",
        PORT=str(port),
        WEB_CONCURRENCY="2",
        **{COUNT_VARIABLE: str(home / "hints"), DEATHS_VARIABLE: str(home / "deaths")},
    )
    os.environ.update(environment)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0, skip_checks=True)
    try:
        yield Stage(home, port, environment, cluster)
    finally:
        connections.close_all()


def furnish(stage: Stage, payer_url: str) -> None:
    """A team that reaches every payer at the hostile one's address, and a key to its clinic."""
    from eligibility.models import Connection
    from eligibility.operations.setup import prepare_team
    from portal.models import ApiKey, Scope

    team, clinic = prepare_team(team="Torture", clinic="Torture")
    lanes = Connection.objects.filter(team=team)
    lanes.update(base_url=payer_url, **LIMITS)
    for code, limits in LANES.items():
        lanes.filter(payer__code=code).update(**limits)
    stage.clinic = clinic
    stage.key = ApiKey.issue(
        team=team, name="torture", scopes=tuple(Scope), clinics=[clinic], expires_at=None
    )[1]
