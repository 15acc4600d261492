"""Single calls by parallel clients to gunicorn: the slowest of twenty, against the least view.

`api.create` is POST create-task, `api.result` GET eligibility-result; `rows` is the number of
clients. A sample is the 95th percentile of one round's calls, each client sending its share over
one connection; the contenders take turns round by round in the same server. The floors are DRF
views in it with the same key check, middleware and database: one committed INSERT, one SELECT.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from tests.benchmarks.cast import make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.measure import Record, as_records
from tests.benchmarks.report import with_verdict
from tests.cluster import free_port
from tests.torture.processes import Service

ROWS = (20,)
SAMPLES = 9
CALLS = 10
"""Of one client in one round."""
MOST_TIMES = 2.0
READY_WITHIN = 60.0
ROW = {"id_value": "CARD-1", "id_type": "CARDNUMBER", "tpa_name": "TPA002",
       "visit_type": "OUTPATIENT"}  # fmt: skip
CREATE, RESULT = "/v2/api-integration/create-task", "/v2/api-integration/eligibility-result/"
Call = tuple[str, str, bytes | None]
"""Method, path, body."""


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """Four records for each number of clients."""
    cast = make_cast()
    with ExitStack() as ending:
        home = Path(ending.enter_context(TemporaryDirectory(prefix="portal-bench-")))
        port = free_port()
        server = Service("web", ["-m", "gunicorn"], _environment(port), home / "log")
        ending.callback(server.end)
        server.keep()
        clients = Clients(port, cast.key)
        clients.wait()
        task = json.loads(clients.one(("POST", CREATE, json.dumps(ROW).encode())))["data"]
        return [
            record
            for count in row_counts
            for floor, ours, calls in _pairs(task["task_id"])
            for record in _measure(clients, db, count, samples, floor, ours, calls)
        ]


def _environment(port: int) -> dict[str, str]:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.plain_settings"}
    quotas = {"QUOTA_CALLS_OF_KEY": "10000000", "QUOTA_CALLS_OF_TEAM": "10000000"}
    return settings | quotas | {"PORT": str(port), "WEB_CONCURRENCY": "2"}


def _pairs(task: str) -> list[tuple[str, str, dict[str, Call]]]:
    body = json.dumps(ROW).encode()
    create: dict[str, Call] = {
        "api.create.floor": ("POST", "/plain/tasks", body), "api.create": ("POST", CREATE, body),
    }  # fmt: skip
    result: dict[str, Call] = {
        "api.result.floor": ("GET", f"/plain/tasks/{task}", None),
        "api.result": ("GET", RESULT + task, None),
    }
    return [("api.create.floor", "api.create", create), ("api.result.floor", "api.result", result)]


def _measure(
    clients: Clients, db: str, count: int, samples: int, floor: str, ours: str,
    calls: dict[str, Call],
) -> list[Record]:  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(samples + 1):
        for name in (calls, reversed(calls))[turn % 2]:
            slowest = clients.slowest_of_twenty(calls[name], count)
            if turn:
                taken[name].append(slowest)
    records = as_records(taken, floor=floor, db=db, rows=count, facts=versions())
    return [
        with_verdict(each, {"ratio": MOST_TIMES}) if each["name"] == ours else each
        for each in records
    ]


class Clients:
    """Parallel clients of one server, each with a connection that stays open for its calls."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {
            "Host": "localhost",
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
        }

    def wait(self) -> None:
        """Until the server answers."""
        ends_at = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.one(("GET", "/healthz", None))
                return
            except OSError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(0.1)

    def one(self, call: Call) -> bytes:
        """The answer to one call."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            return self._send(connection, call)
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection, call: Call) -> bytes:
        method, path, body = call
        connection.request(method, path, body, self._headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said[:500]
        return said

    def slowest_of_twenty(self, call: Call, count: int) -> float:
        """The 95th percentile of a round of calls by so many clients at once, in milliseconds."""
        barrier, taken = threading.Barrier(count), list[float]()
        threads = [
            threading.Thread(target=self._client, args=(call, barrier.wait, taken))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == count * CALLS, "a client was not answered"
        return quantiles(taken, n=20)[-1]

    def _client(self, call: Call, wait: Callable[[], int], taken: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.connect()
        wait()
        for _ in range(CALLS):
            began = time.perf_counter()
            self._send(connection, call)
            taken.append((time.perf_counter() - began) * 1000)
        connection.close()
