"""The portal behind a real gunicorn, started as operators start it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster import free_port
from tests.production import production

ROOT = Path(__file__).parent.parent.parent
HEALTH = "/v2/api-integration/health"
READY_WITHIN = 30


@dataclass
class Server:
    """A running gunicorn: where it listens, and what it wrote."""

    port: int
    log: Path

    def request(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, object]]:
        """Status and JSON body of one request, as a client without keep-alive sees them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def send(self, text: str) -> bytes:
        """The first bytes that come back for something that is hardly a request."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(text.encode())
            return connection.recv(4096)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Production settings but for HTTPS, on a free port."""
    home = tmp_path_factory.mktemp("served")
    made = Server(free_port(), home / "log")
    environment = os.environ | production(
        f"sqlite:///{home / 'portal.sqlite3'}",
        LOG_LEVEL="INFO",
        PORT=str(made.port),
        WEB_CONCURRENCY="1",
    )
    command = [sys.executable, "-m", "gunicorn"]
    with made.log.open("wb") as log:
        gunicorn = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(made)
        yield made
    finally:
        gunicorn.terminate()
        gunicorn.wait(30)


def _wait_until_ready(server: Server) -> None:
    end = time.monotonic() + READY_WITHIN
    while True:
        try:
            assert server.request("GET", HEALTH)[0] == 200
        except OSError:
            assert time.monotonic() < end, server.log.read_text()
            time.sleep(0.1)
        else:
            return


def test_health_needs_no_key(server: Server) -> None:
    status, body = server.request("GET", HEALTH)
    assert status == 200
    assert body["status"] == "healthy"


def test_the_access_log_has_the_path_but_never_the_query_string(server: Server) -> None:
    server.request("GET", f"{HEALTH}?name=Sentinel")
    log = server.log.read_text()
    assert f'"GET {HEALTH}" 200' in log
    assert "Sentinel" not in log


def test_the_access_log_has_the_requests_id(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", HEALTH, headers={"X-Request-ID": "trace-4711"})
    connection.getresponse().read()
    connection.close()
    deadline = time.monotonic() + 10
    while "trace-4711" not in server.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)  # it is written after the answer
    (line,) = [each for each in server.log.read_text().splitlines() if "trace-4711" in each]
    assert f'"GET {HEALTH}" 200' in line


@pytest.mark.parametrize(
    "request_text",
    [
        f"GET {HEALTH}?name=Jane Sentinel HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GE<T {HEALTH}?name=Sentinel HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET {HEALTH} HTTP/1.1\r\nHost: localhost\r\nX-Name Sentinel\r\n\r\n",
    ],
    ids=["space in the query", "odd method", "odd header"],
)
def test_what_could_not_be_read_is_refused_and_not_logged(
    server: Server, request_text: str
) -> None:
    assert server.send(request_text).startswith(b"HTTP/1.1 400")
    log = server.log.read_text()
    assert "Invalid request from ip=127.0.0.1" in log
    assert "Sentinel" not in log


def test_a_body_over_the_limit_is_answered_in_the_envelope(server: Server) -> None:
    body = b'{"requests": [' + b" " * (25 * 1024 * 1024) + b"]}"
    status, answer = server.request("POST", "/v2/api-integration/bulk/create-tasks", body)
    assert status == 413
    assert answer["success"] is False
