"""The client: sends every request three times at least, and keeps what it was answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from tests.torture import DIES_HEADER
from tests.torture.requests import Request, answered_ids

TIMES = 3
SENDERS = 3
PAUSE = 0.3
"""Seconds before a request that failed is sent again."""


class Load:
    """Sends the requests in their order, spread over `seconds`, until each was answered.

    `deaths` says which orders to die were obeyed.
    """

    def __init__(
        self, requests: list[Request], port: int, api_key: str, seconds: float,
        deaths: Callable[[], Mapping[str, str]],
    ) -> None:  # fmt: skip
        self.requests = requests
        self.seen: Counter[str] = Counter()
        self._port, self._api_key, self._seconds = port, api_key, seconds
        self._deaths = deaths
        self._next = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._told_to_stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]

    def start(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def is_sending(self) -> bool:
        """Whether requests are left."""
        return any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Send nothing more, whatever is left."""
        self._told_to_stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(60)

    def _work(self) -> None:
        while not self._told_to_stop.is_set():
            with self._lock:
                place, self._next = self._next, self._next + 1
            if place >= len(self.requests):
                return
            due = self._began + self._seconds * place / len(self.requests)
            self._told_to_stop.wait(max(due - time.monotonic(), 0.0))
            self._send_until_answered(self.requests[place])

    def _send_until_answered(self, request: Request) -> None:
        """Three times whatever comes back, and then until the portal has said yes once."""
        while request.sends < TIMES or not request.answers:
            if self._told_to_stop.is_set():
                return
            request.sends += 1
            if not self._send(request):
                self._told_to_stop.wait(PAUSE)

    def _send(self, request: Request) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", request.path, request.body, self._headers(request))
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._note(f"no answer: {type(error).__name__}")
            return False
        finally:
            connection.close()
        self._note(f"HTTP {answer.status}")
        if answer.status // 100 != 2:
            return False
        request.answers.append(answered_ids(request.path, body))
        request.replayed.append(answer.headers["Idempotent-Replayed"] == "true")
        return True

    def _headers(self, request: Request) -> dict[str, str]:
        """The order to die goes with it until a process has obeyed."""
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"}
        if request.key:
            headers["Idempotency-Key"] = request.key
        if request.dies and request.name not in self._deaths():
            headers[DIES_HEADER] = f"{request.dies} {request.name}"
        return headers

    def _note(self, what: str) -> None:
        with self._lock:
            self.seen[what] += 1
