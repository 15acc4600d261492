from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility import operations
from eligibility.announce import batches
from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Failed
from eligibility.models import Batch, Connection, EligibilityTask
from portal.models import DisabledReason, FileImport, Submission, WebhookEndpoint, WebhookEvent
from tests.eligibility.engine.helpers import (
    answered,
    claim,
    claim_one,
    end,
    make_batch,
    make_lane,
    make_rows,
)
from tests.portal.webhooks.making import make_endpoint

pytestmark = pytest.mark.usefixtures("db")
UNREADABLE = Failed(Failure.INPUT_INVALID, "no", "The row cannot be sent.")


@pytest.fixture
def lane() -> Connection:
    return make_lane()


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """What one test's batches were waiting for is nothing to the next one's."""
    batches._unfinished.clear()
    yield
    batches._unfinished.clear()


def make_listened(lane: Connection, rows: int = 3, **fields: Any) -> Batch:
    make_endpoint(lane.team, event_types=["batch.completed"])
    batch = make_batch(lane, **fields)
    make_rows(lane, rows, each=lambda n: {"line": n}, batch=batch)
    return batch


def events() -> list[Any]:
    return list(WebhookEvent.objects.order_by("sequence"))


def test_batch_completed_is_told_once_with_its_counts(lane: Connection) -> None:
    batch = make_listened(lane, 4)
    first, *others = claim()
    end(first, UNREADABLE)
    assert batches.look() == 0
    end(others, answered())
    assert batches.look() == 1
    assert batches.look() == 0
    (event,) = events()
    assert event.data.pop("completed_at") is not None
    assert (event.type, event.subject, event.data) == (
        "batch.completed",
        batch.pk,
        {
            "batch_id": str(batch.pk),
            "clinic_id": str(batch.clinic_id),
            "batch_status": "completed",
            "total_tasks": 4,
            "by_status": {"done": 3, "failed": 1},
            "by_outcome": {"eligible": 3},
            "by_failure": {"input_invalid": 1},
            "needs_attention": 1,
            "request_id": None,
            "sequence": 1,
        },
    )


def test_a_cancelled_batch_has_ended_too(lane: Connection) -> None:
    batch = make_listened(lane)
    operations.cancel_batch(batch=batch, actor="somebody")
    assert batches.look() == 1
    (event,) = events()
    assert event.data["batch_status"] == "cancelled"
    assert event.data["by_status"] == {"cancelled": 3}


def test_a_batch_that_ends_once_more_is_told_once_more(lane: Connection) -> None:
    batch = make_listened(lane)
    end(claim(), answered(Outcome.NOT_ELIGIBLE))
    batches.look()
    tasks = EligibilityTask.objects.filter(batch=batch)
    operations.retry_tasks(tasks=tasks.filter(pk=tasks.earliest("pk").pk), actor="somebody")
    assert batches.look() == 0
    end(claim_one(), answered())
    assert batches.look() == 1
    assert [event.sequence for event in events()] == [1, 2]
    assert events()[1].data["by_outcome"] == {"eligible": 1, "not_eligible": 2}


def test_a_batch_whose_file_is_still_coming_in_has_not_ended(lane: Connection) -> None:
    submission = Submission.objects.create(
        team=lane.team, kind="eligibility.tasks", source="file", total_rows=3, accepted_rows=3,
        rejected_rows=0, request_id="req-9",
    )  # fmt: skip
    FileImport.objects.create(submission=submission, fingerprint="f")
    make_listened(lane, submission=submission)
    end(claim(), answered())
    assert batches.look() == 0
    FileImport.objects.update(finished_at=timezone.now())
    assert batches.look() == 1
    assert events()[0].request_id == "req-9"


def test_batches_from_before_somebody_listened_are_not_told(lane: Connection) -> None:
    batch = make_batch(lane)
    make_rows(lane, 2, batch=batch)
    end(claim(), answered())
    endpoint = make_endpoint(lane.team)
    assert batches.look() == 0
    make_listened(lane, 1)
    WebhookEndpoint.objects.all().disable(DisabledReason.BY_HAND)
    end(claim(), answered())
    assert batches.look() == 0
    assert endpoint.team_id == lane.team_id


def test_a_batch_on_its_way_is_asked_for_by_one_of_its_rows(lane: Connection) -> None:
    make_listened(lane, 5)
    batches.look()
    with CaptureQueriesContext(connection) as queries:
        batches.look()
    assert not [each for each in queries if "batch_id" in each["sql"].partition("WHERE")[2]]


def test_of_two_that_look_at_once_one_tells(
    lane: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_listened(lane)
    end(claim(), answered())
    mark, told = batches._mark, []

    def late(batch_id: Any) -> bool:
        """Somebody else looks between our look and our mark."""
        monkeypatch.setattr(batches, "_mark", mark)
        told.append(batches.look())
        return mark(batch_id)

    monkeypatch.setattr(batches, "_mark", late)
    assert (batches.look(), told) == (0, [1])
    assert len(events()) == 1
