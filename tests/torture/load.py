"""The client: sends every request three times at least, and keeps what it was answered."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

PATH = "/v2/api-integration/bulk/create-tasks"
TIMES = 3
SENDERS = 3
PAUSE = 0.3
"""Seconds before a request that failed is sent again."""
SCRIPTS = (
    *(["delay={delay}"] * 30),
    *(["later={later}"] * 3),
    "times=1;failure=payer_unavailable",
    "times=1;lost",
    "times=1;hang",
    "failure=identity_mismatch",
)
OUTCOMES = ("eligible", "eligible", "not_eligible", "member_not_found")
SEARCHED = "DHPO"
PAYERS = ("TPA002",) * 33 + ("TPA004",) * 20 + ("TPA010",) * 6 + (SEARCHED,)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row as it was sent: its reference, and the outcome that the payer will answer.

    `is_plain` says that its script gives no reason to call twice.
    """

    reference: str
    outcome: str
    is_search: bool
    is_plain: bool


@dataclass
class Request:
    """One request: its body, what its good rows should become, and the ids it was answered."""

    number: int
    body: bytes
    good: list[Wanted]
    key: str
    answers: list[list[str]] = field(default_factory=list)
    sends: int = 0


def make_request(number: int, rows: int, chance: random.Random) -> Request:
    """So many good rows and a bad one now and then. Every other request has a key of its own."""
    good, sent = [], []
    for place in range(rows):
        outcome, payer = chance.choice(OUTCOMES), chance.choice(PAYERS)
        script = chance.choice(SCRIPTS).format(
            delay=chance.randint(100, 800), later=round(chance.uniform(0.3, 1.5), 1)
        )
        if "failure=identity" not in script:
            script += f";outcome={outcome}"
        wanted = Wanted(
            f"T-{number}-{place}", outcome, payer == SEARCHED, script.startswith("delay")
        )
        good.append(wanted)
        sent.append(_row(wanted.reference, payer, script))
    if number % 3 == 0:
        sent.insert(1, _row(f"B-{number}", "NOBODY", ""))
    body = json.dumps({"requests": sent}).encode()
    key = f"torture-{number}" if number % 2 else ""
    return Request(number, body, good, key)


def _row(reference: str, payer: str, script: str) -> dict[str, Any]:
    return {
        "id_value": f"CARD-{reference}",
        "id_type": "CARDNUMBER",
        "tpa_name": payer,
        "visit_type": "OUTPATIENT",
        "name": "Case Synthetic",
        "extra_args": {"title": "synthetic", "value": script},
        "client_reference": reference,
    }


class Load:
    """Sends the requests in their order, spread over `seconds`, until each was answered."""

    def __init__(self, requests: list[Request], port: int, api_key: str, seconds: float) -> None:
        self.requests = requests
        self.seen: Counter[str] = Counter()
        self._port, self._api_key, self._seconds = port, api_key, seconds
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
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"}
        if request.key:
            headers["Idempotency-Key"] = request.key
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", PATH, request.body, headers)
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
        request.answers.append([task["task_id"] for task in body["data"]["tasks"]])
        return True

    def _note(self, what: str) -> None:
        with self._lock:
            self.seen[what] += 1


def by_status(requests: list[Request]) -> dict[bool, list[Request]]:
    """The requests by whether the portal ever said yes."""
    found: dict[bool, list[Request]] = defaultdict(list)
    for request in requests:
        found[bool(request.answers)].append(request)
    return found
