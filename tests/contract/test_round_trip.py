"""The whole round trip of an integrator who has read two pages: OpenAPI and Getting started.

Over HTTP, with nothing but the standard library and the addresses that the OpenAPI page names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.cast import Cast
from tests.eligibility.draining import tell, working
from tests.eligibility.engine.payers import running_payer
from tests.portal.webhooks.receiver import Received, Receiver, running_receiver

FINAL = {"PROCESS_COMPLETE", "failed", "cancelled"}
PATIENCE = 60.0


class Integrator:
    """A program that knows the portal's address, its own key, and what the OpenAPI page says."""

    def __init__(self, portal: str, key: str) -> None:
        self._portal, self._key = portal, key
        self._paths = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in self._send("GET", "/api/schema/?format=json")["paths"].items()
            for method, operation in methods.items()
        }

    def call(self, operation: str, body: Any = None, *, query: str = "", **places: str) -> Any:
        """One operation by its name on the page; the answer's JSON, also that of an error."""
        method, path = self._paths[operation]
        return self._send(method, path.format(**places) + query, body)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "X-Request-ID": "round-trip",
        }
        content = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self._portal + path, content, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return json.loads(refusal.read())

    def until_final(self, task_id: str) -> dict[str, Any]:
        """Poll a task to its end."""
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            task: dict[str, Any] = self.call("get_task", task_id=task_id)
            if task["status"] in FINAL:
                return task
            time.sleep(0.02)
        raise AssertionError("the task comes to no end")


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """The integrator's own server."""
    settings.DEBUG = True  # so that webhooks may be on this machine
    with running_receiver() as running:
        yield running


@pytest.fixture
def integrator(
    live_server: LiveServer, committed_cast: Cast, receiver: Receiver
) -> Iterator[Integrator]:
    """The integrator, and a portal that works beside it."""
    with running_payer() as payer, working(payer, also=tell):
        yield Integrator(live_server.url, committed_cast.us.key)


def row(card: str, **fields: Any) -> dict[str, Any]:
    whole = {"id_value": card, "id_type": "CARDNUMBER", "tpa_name": "TPA002"}
    return {**whole, "visit_type": "OUTPATIENT", **fields}


def is_genuine(secret: str, call: Received) -> bool:
    """Whether the portal has signed this."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    wanted = base64.b64encode(hmac.new(key, signed + call.body, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in call.headers["webhook-signature"].split()


def heard(receiver: Receiver, kind: str, **about: str) -> Received:
    """Wait for the event of this type about this."""
    ends_at = time.monotonic() + PATIENCE
    while time.monotonic() < ends_at:
        for call in list(receiver.calls):
            if call.said["type"] == kind and about.items() <= call.said["data"].items():
                return call
        time.sleep(0.02)
    raise AssertionError(f"{kind} did not come; there were {receiver.types()}")


def test_a_client_written_from_the_two_pages_does_the_whole_round_trip(
    integrator: Integrator, receiver: Receiver
) -> None:
    call = integrator.call

    # A webhook, whose secret is shown once.
    secret = call("create_webhook", {"url": receiver.url, "events": []})["data"]["secret"]

    # Create: one row is good, one fails at the payer, one is rejected.
    rows = [row("SYN-ELIGIBLE"), row("SYN-INPUT-INVALID"), row("SYN-ELIGIBLE", visit_type="OPD1")]
    created = call("create_tasks", {"requests": rows})["data"]
    assert (created["total_created"], created["total_errors"]) == (2, 1)
    good, failing = (task["task_id"] for task in created["tasks"])

    # Poll, and be told.
    assert integrator.until_final(good)["outcome"] == "eligible"
    told = heard(receiver, "task.done", task_id=good)
    assert is_genuine(secret, told)
    assert told.headers["x-request-id"] == "round-trip"
    assert integrator.until_final(failing)["failure"] == "input_invalid"
    assert is_genuine(secret, heard(receiver, "task.failed", task_id=failing))

    # Fix the rejected row at its line.
    submission = created["submission_id"]
    (rejected,) = call("get_submission", submission_id=submission)["items"]
    fixed = call(
        "fix_rejected_row",
        {"visit_type": "OUTPATIENT"},
        submission_id=submission,
        line=str(rejected["line"]),
    )
    assert fixed["state"] == "accepted"
    assert integrator.until_final(fixed["task_id"])["outcome"] == "eligible"

    # Fix the failed row where it is: it is asked again by itself. Then retry it on purpose.
    corrected = call("fix_task", {"id_value": "SYN-NOT-ELIGIBLE"}, task_id=failing)
    assert corrected["task_id"] == failing
    assert integrator.until_final(failing)["outcome"] == "not_eligible"
    assert call("retry_task", task_id=failing)["success"] is True
    assert integrator.until_final(failing)["outcome"] == "not_eligible"

    # Schedule: a batch that waits, and one that is due and comes to its end.
    later = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    waiting = {"requests": [row("SYN-ELIGIBLE")], "scheduled_for": later}
    batch_id = call("schedule_tasks", waiting)["data"]["batch_id"]
    assert call("get_batch", batch_id=batch_id)["batch_status"] == "scheduled"
    assert call("cancel_batch", batch_id=batch_id)["data"]["batch"]["batch_status"] == "cancelled"
    due = call("schedule_tasks", {"requests": [row("SYN-ELIGIBLE")]})["data"]["batch_id"]
    assert is_genuine(secret, heard(receiver, "batch.completed", batch_id=due))
    results = call("batch_results", batch_id=due)["data"]
    assert (results["completed_tasks"], results["tasks"][0]["status"]) == (1, "PROCESS_COMPLETE")

    # Lists.
    page = call("list_tasks", query="?status=done&limit=2")
    rest = call("list_tasks", query=f"?status=done&limit=2&cursor={page['next']}")
    found = {task["task_id"] for task in [*page["items"], *rest["items"]]}
    assert {good, failing, fixed["task_id"]} < found
    wanted = call("bulk_results", {"task_ids": [failing, good]})["data"]["results"]
    assert [each["eligibility_result"]["status"] for each in wanted] == ["not_eligible", "found"]
