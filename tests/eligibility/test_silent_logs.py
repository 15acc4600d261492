"""A day of a portal in its log: JSON lines, and in none of them anything about a patient."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from eligibility.models import EligibilityTask
from portal import logs
from portal.models import RejectedRow, WebhookDelivery
from portal.webhooks import beat
from tests.cast import Cast
from tests.eligibility.engine.helpers import drain_until_done
from tests.eligibility.engine.payers import WatchedPayer, running_payer
from tests.eligibility.operations.doing import bad, row
from tests.eligibility.operations.test_no_patient_leaks import PATIENT, silent
from tests.eligibility.test_request_ids import CREATE, drain
from tests.portal.admin.entering import enter
from tests.portal.webhooks.making import make_endpoint, send_due

JSON = "application/json"
ODD = {"odd-name": PATIENT["name"]}
AS_JSON = structlog.stdlib.ProcessorFormatter(
    processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    foreign_pre_chain=logs._SHARED,
)
"""As production writes its log."""


@pytest.fixture
def payer(settings: Settings) -> Iterator[WatchedPayer]:
    with running_payer() as running:
        settings.SYNTHETIC_PAYER_URL = running.url
        yield running


def call_the_api(cast: Cast) -> EligibilityTask:
    """Good rows, bad rows, broken bodies and wrong addresses, all full of the patient."""
    client = Client(headers={"x-api-key": cast.us.key}, raise_request_exception=False)
    rows = [row("A", **PATIENT), bad("B", **PATIENT), {**PATIENT, "dob": 5}]
    assert client.post(CREATE, {"requests": rows}, content_type=JSON).status_code == 200
    client.post(CREATE, json.dumps(rows)[:-5], content_type=JSON)
    client.post(CREATE, {"requests": [PATIENT]}, content_type=JSON)
    client.get(f"/v2/api-integration/tasks?client_reference={PATIENT['name']}", headers=ODD)
    task = EligibilityTask.objects.get()
    client.patch(f"/v2/api-integration/tasks/{task.pk}", {"name": 5, **PATIENT}, content_type=JSON)
    return task


def work_in_the_admin(cast: Cast, task: EligibilityTask) -> None:
    """Look for the patient, look at the check, and correct the rejected row wrongly."""
    client = enter(cast.us.operator)
    client.raise_request_exception = False
    rejected = RejectedRow.objects.first()
    assert rejected is not None
    for path in (
        "/admin/",
        "/admin/worklist/",
        f"/admin/eligibility/eligibilitytask/?q={PATIENT['name']}",
        f"/admin/eligibility/eligibilitytask/{task.pk}/change/",
        f"/admin/eligibility/batch/{task.batch_id}/change/",
        reverse("admin:eligibility_fix_rejected", args=[rejected.pk]),
    ):
        assert client.get(path).status_code == 200, path
    assert client.get(f"/admin/no-such-page/?q={PATIENT['name']}").status_code == 404
    wrong = {**PATIENT, "tpa_name": "NOBODY"}
    for name, arguments in (("eligibility_fix_rejected", [rejected.pk]), ("new_check", [])):
        assert client.post(reverse(f"admin:{name}", args=arguments), wrong).status_code < 500


def test_a_day_of_the_portal_leaves_json_lines_without_a_patient(
    cast: Cast, payer: WatchedPayer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    make_endpoint(cast.us.team, url="https://hooks.invalid/in")
    task = call_the_api(cast)
    work_in_the_admin(cast, task)
    drain()
    drain_until_done(payer)
    beat.beat()
    send_due(deadline=0.5)

    assert WebhookDelivery.objects.filter(attempts__gt=0).exists()
    written = [AS_JSON.format(record) for record in caplog.records]
    events = [json.loads(line)["event"] for line in written]
    assert {"rows_worked", "webhook_not_taken"} <= set(events)
    assert len(events) > 5
    told = [line for line in written if not silent(line)]
    assert told == []


def test_each_line_has_a_time_a_level_and_its_logger(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("anybody").warning("said %s", "something")
    structlog.get_logger("ours").info("something_happened", count=1)
    lines = [json.loads(AS_JSON.format(record)) for record in caplog.records]
    assert [each["event"] for each in lines] == ["said something", "something_happened"]
    assert all({"timestamp", "level", "logger"} <= set(each) for each in lines)
    assert lines[1]["count"] == 1


def test_an_answer_tells_webhooks_nothing_of_the_patient(cast: Cast, payer: WatchedPayer) -> None:
    make_endpoint(cast.us.team)
    call_the_api(cast)
    drain_until_done(payer)
    beat.beat()
    events: list[Any] = [each.event for each in WebhookDelivery.objects.select_related("event")]
    assert events
    assert all(silent(json.dumps(event.data)) for event in events)
