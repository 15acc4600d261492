"""A request id of a caller: in the answer, the logs of request and jobs, and the webhook."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from eligibility import jobs
from eligibility.choices import Failure
from eligibility.connectors.base import Failed
from eligibility.engine import slots
from eligibility.engine.attempts import Finished
from eligibility.engine.claim import Claimed
from eligibility.engine.journal import Journal
from eligibility.models import DrainSlot, EligibilityTask
from portal.models import Submission, WebhookEndpoint
from portal.webhooks import deliveries
from tests.cast import Cast
from tests.eligibility.engine.helpers import (
    answered,
    claim,
    finished,
    make_host,
    make_lane,
    make_row,
)
from tests.eligibility.engine.payers import running_payer
from tests.eligibility.operations.doing import bad, create, row
from tests.portal.webhooks.making import make_endpoint

CREATE = "/v2/api-integration/bulk/create-tasks"


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def _payer(settings: Settings) -> Iterator[None]:
    with running_payer() as running:
        settings.SYNTHETIC_PAYER_URL = running.url
        yield


def lines(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """The log lines of this event."""
    found = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [each for each in found if each["event"] == event]


def drain() -> None:
    """One job, as a cluster runs it."""
    make_host(slots=1)
    slots.wake()
    slot = DrainSlot.objects.get()
    assert jobs.drain(slot.pk, slot.ticket) > 0


@pytest.mark.usefixtures("_payer")
def test_a_request_id_leads_from_the_call_to_the_jobs_and_to_the_webhook(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    make_endpoint(cast.us.team)
    answer = Client(headers={"x-api-key": cast.us.key}).post(
        CREATE,
        {"requests": [row("A", extra_args={"title": "synthetic", "value": "delay=0"}), bad("B")]},
        content_type="application/json",
        headers={"x-request-id": "trace-4711"},
    )
    assert answer.headers["X-Request-ID"] == "trace-4711"
    submission = Submission.objects.get()
    assert submission.request_id == "trace-4711"

    drain()

    (worked,) = lines(caplog, "rows_worked")
    assert worked["request_id"] == "trace-4711"
    assert worked["submission"] == str(submission.pk)
    task = EligibilityTask.objects.get()
    assert (worked["rows"], worked["now"]) == (1, {task.failure or task.status: 1})

    (call,) = deliveries.claim(WebhookEndpoint.objects.get(), room=1)
    assert call.headers["X-Request-ID"] == "trace-4711"
    assert b'"request_id":"trace-4711"' in call.body


def test_the_request_says_what_it_brought_under_its_id(
    committed_cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Client(headers={"x-api-key": committed_cast.us.key}).post(
        CREATE,
        {"requests": [row("A"), bad("B")]},
        content_type="application/json",
        headers={"x-request-id": "trace-1"},
    )
    (received,) = lines(caplog, "rows_received")
    assert received["request_id"] == "trace-1"
    assert received["submission"] == answer.json()["data"]["submission_id"]
    assert (received["accepted"], received["rejected"]) == (1, 1)


def test_what_is_taken_back_is_not_said(db: None, cast: Cast, caplog: Any) -> None:
    # Around the test is a transaction that is never committed.
    create(cast.us.first, row("A"))
    assert lines(caplog, "rows_received") == []


def test_each_submission_has_a_line_of_its_own_and_all_cost_two_queries(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("first", "second"):
        create(cast.us.first, *(row(f"{name}-{n}") for n in range(3)), request_id=name)
    taken = claim()
    done, failed, late = taken[:3]
    told = Journal()
    told.take(taken, taken[:5])
    told.finish([_ended(done, answered()), _ended(failed, Failed(Failure.INTERNAL, "x", "x"))])
    told.finish([_ended(late, answered(), is_ours=False)])
    told.finish([_ended(done, answered())])  # the write was repeated
    with CaptureQueriesContext(connection) as queries:
        assert told.write() == 2
    assert len(queries) <= 2
    found = {each["request_id"]: each["now"] for each in lines(caplog, "rows_worked")}
    assert found == {
        "first": {"done": 1, "internal": 1, "running": 1},
        "second": {"running": 2, "reused": 1},
    }


def _ended(claimed: Claimed, reply: Any, *, is_ours: bool = True) -> Finished:
    item = finished(claimed, reply)
    item.is_ours = is_ours
    return item


def test_the_path_of_a_search_is_told_under_the_searchs_request(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    create(cast.us.first, row("A", tpa_name="BOTH"), request_id="search-1")
    search = EligibilityTask.objects.get()
    make_row(make_lane(cast.us.team, "TPA999"), parent=search)
    (path,) = claim()
    told = Journal()
    told.take([path], [path])
    told.write()
    (line,) = lines(caplog, "rows_worked")
    assert (line["request_id"], line["batch"]) == ("search-1", str(search.batch_id))


def test_nothing_is_asked_when_nobody_would_read_it(cast: Cast, caplog: Any) -> None:
    create(cast.us.first, row("A"))
    caplog.set_level(logging.WARNING, logger="eligibility.engine.journal")
    told, taken = Journal(), claim()
    told.take(taken, taken)
    with CaptureQueriesContext(connection) as queries:
        assert told.write() == 0
        assert Journal().write() == 0
    assert len(queries) == 0
