"""What the client sends: requests of rows, with what each row should become."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TASKS = "/v2/api-integration/bulk/create-tasks"
RECORDS = "/integrations/v2/resource-records/bulk"
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
AFTER = "after"
"""The order to die between the commit and the answer; a number is the statement to die before."""
STATEMENTS = (3, 16)
"""The first and last statement of a POST before which its process is told to die."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row as it was sent: its mark, and the outcome that the payer will answer.

    The mark is in the row itself (a check's `id_value`, a practitioner's `id`). `is_plain` says
    that its script gives no reason to call twice.
    """

    mark: str
    outcome: str = ""
    is_search: bool = False
    is_plain: bool = True


@dataclass
class Request:
    """One request: its body, what its good rows should become, and the ids it was answered.

    `key` is its `Idempotency-Key`, or empty; only then its rows carry a `client_reference` each.
    `dies` orders the process that takes it to die. `replayed` says of each answer whether it was
    a stored one.
    """

    name: str
    path: str
    body: bytes
    good: list[Wanted]
    key: str = ""
    dies: str = ""
    answers: list[list[str]] = field(default_factory=list)
    replayed: list[bool] = field(default_factory=list)
    sends: int = 0


def make_requests(rows: int, size: int, chance: random.Random) -> list[Request]:
    """So many rows to check in requests of `size`, and a list of practitioners now and then."""
    found: list[Request] = []
    for number in range(rows // size):
        found.append(make_request(number, size, chance))
        if number % 5 == 1:
            found.append(make_records(number, max(size // 5, 2), chance))
    return found


def make_request(number: int, rows: int, chance: random.Random) -> Request:
    """So many good rows and a bad one now and then.

    In turns its rows have a `client_reference` each, the request has an `Idempotency-Key`, and
    both. A few of those that rely on their key alone meet a kill on their first way: each costs
    the seconds of CPU in which a web process starts.
    """
    has_reference, has_key = number % 3 != 1, number % 3 != 0
    good, sent = [], []
    for place in range(rows):
        wanted, row = _some_check(f"T-{number}-{place}", chance)
        good.append(wanted)
        sent.append(row | ({"client_reference": wanted.mark} if has_reference else {}))
    if number % 3 == 0:
        sent.insert(1, _check(f"B-{number}", "NOBODY", "") | {"client_reference": f"B-{number}"})
    orders = {1: AFTER, 4: _a_statement(chance)}
    return Request(
        f"T-{number}",
        TASKS,
        json.dumps({"requests": sent}).encode(),
        good,
        f"torture-{number}" if has_key else "",
        orders.get(number % 12, ""),
    )


def make_records(number: int, rows: int, chance: random.Random) -> Request:
    """So many practitioners without a `logicalId`: only the key keeps repeats from storing more."""
    marks = [f"R-{number}-{place}" for place in range(rows)]
    sent = [
        {"config": {"type": "practitioners", "id": mark, "name": "Dr. Synthetic"}} for mark in marks
    ]
    dies = {6: _a_statement(chance), 16: AFTER}.get(number % 20, "")
    good = [Wanted(mark) for mark in marks]
    return Request(
        f"R-{number}", RECORDS, json.dumps(sent).encode(), good, f"records-{number}", dies
    )


def _a_statement(chance: random.Random) -> str:
    return str(chance.randint(*STATEMENTS))


def _some_check(mark: str, chance: random.Random) -> tuple[Wanted, dict[str, Any]]:
    outcome, payer = chance.choice(OUTCOMES), chance.choice(PAYERS)
    script = chance.choice(SCRIPTS).format(
        delay=chance.randint(100, 800), later=round(chance.uniform(0.3, 1.5), 1)
    )
    if "failure=identity" not in script:
        script += f";outcome={outcome}"
    wanted = Wanted(mark, outcome, payer == SEARCHED, script.startswith("delay"))
    return wanted, _check(mark, payer, script)


def _check(mark: str, payer: str, script: str) -> dict[str, Any]:
    return {
        "id_value": mark,
        "id_type": "CARDNUMBER",
        "tpa_name": payer,
        "visit_type": "OUTPATIENT",
        "name": "Case Synthetic",
        "extra_args": {"title": "synthetic", "value": script},
    }


def answered_ids(path: str, body: dict[str, Any]) -> list[str]:
    """The ids of the good rows that an answer names, in their order."""
    if path == RECORDS:
        return [each["record"]["_id"] for each in body["results"] if each["record"]]
    return [task["task_id"] for task in body["data"]["tasks"]]


def by_status(requests: Iterable[Request]) -> dict[bool, list[Request]]:
    """The requests by whether the portal ever said yes."""
    found: dict[bool, list[Request]] = defaultdict(list)
    for request in requests:
        found[bool(request.answers)].append(request)
    return found
