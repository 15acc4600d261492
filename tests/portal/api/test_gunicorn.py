"""The guard behind a real server: what a test client cannot see."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A gunicorn as `make serve` runs it, over the tests' tiny API. Its port."""
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.portal.echo_settings",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "error", "portal.wsgi:application"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("gunicorn does not listen")


def pieces(total: int) -> Iterator[bytes]:
    for _ in range(total // MEGABYTE):
        yield b"x" * MEGABYTE


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_client_that_sends_25_megabytes_sees_the_413(server: int, chunked: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
    headers = JSON if chunked else {**JSON, "Content-Length": str(25 * MEGABYTE)}
    connection.request("POST", "/v2/open", pieces(25 * MEGABYTE), headers, encode_chunked=chunked)
    response = connection.getresponse()
    body = json.load(response)
    assert response.status == 413
    assert body["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert body["request_id"] == response.headers["X-Request-ID"]
    connection.close()


def test_the_connection_goes_on_after_a_413(server: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
    for expected, size in ((413, 21), (200, 1), (413, 21)):
        body = b'"' + b"x" * (size * MEGABYTE) + b'"'
        connection.request("POST", "/v2/open", body, JSON)
        response = connection.getresponse()
        response.read()
        assert response.status == expected
    connection.close()


def test_a_chunked_body_arrives_whole(server: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=30)
    body = iter([b'{"name":', b' "' + b"x" * 200_000, b'"}'])
    connection.request("POST", "/v2/open", body, JSON, encode_chunked=True)
    assert json.load(connection.getresponse())["body"] == {"name": "x" * 200_000}
    connection.close()


def test_a_length_that_lies_is_a_400(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server), 30) as raw:
        head = "POST /v2/open HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        raw.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b'{"a": 1')
        raw.shutdown(socket.SHUT_WR)
        answer = raw.makefile("rb").read()
    assert b" 400 " in answer.splitlines()[0]
    assert b"INVALID_JSON" in answer
