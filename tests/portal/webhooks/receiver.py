"""An integrator's server on loopback: it keeps what it gets and answers as it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """One call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Receiver:
    """`answers` are the statuses of the next calls; then it is 204. `before` runs at each call."""

    url: str = ""
    calls: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    before: Callable[[Received], None] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def types(self) -> list[str]:
        """The events' types, in the order in which they came."""
        return [call.said["type"] for call in self.calls]


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """The server, on a port of its own."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            if receiver.before is not None:
                receiver.before(call)
            receiver.calls.append(call)
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
