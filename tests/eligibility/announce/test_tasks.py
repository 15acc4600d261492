from __future__ import annotations

import uuid

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eligibility import operations
from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Failed
from eligibility.engine import leases, unroutable
from eligibility.engine.rows import add_events
from eligibility.models import Connection, EligibilityTask, LaneState
from portal.models import (
    DisabledReason,
    Submission,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from tests.eligibility.engine.helpers import (
    answered,
    claim,
    claim_one,
    end,
    let_lease_end,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.rest.asking import CREATE, SEED_1, post
from tests.factories import make_clinic, make_portal
from tests.portal.webhooks.making import make_endpoint

pytestmark = pytest.mark.usefixtures("db")
REFUSED = Failed(Failure.CREDENTIALS, "login", "The payer refused our login.")
SENTINEL = "Sentinel Patient"


@pytest.fixture
def lane() -> Connection:
    return make_lane()


def told(task: EligibilityTask | None = None) -> list[tuple[str, int]]:
    """(type, sequence) of the events, in the order of their sequence."""
    events = WebhookEvent.objects.filter(subject=task.pk) if task else WebhookEvent.objects.all()
    return list(events.order_by("sequence").values_list("type", "sequence"))


def test_an_answer_is_told_in_the_words_of_the_wire(lane: Connection) -> None:
    make_endpoint(lane.team)
    clinic = lane.team.clinics.get()
    submission = Submission.objects.create(
        team=lane.team, clinic=clinic, kind="eligibility.tasks", source="api", total_rows=1,
        accepted_rows=1, rejected_rows=0, request_id="req-7",
    )  # fmt: skip
    task = make_row(lane, client_reference="A-1", submission=submission, name=SENTINEL)
    end(claim_one(), answered())
    event = WebhookEvent.objects.get()
    assert (event.type, event.subject, event.request_id) == ("task.done", task.pk, "req-7")
    data = event.data
    assert data.pop("finished_at") is not None
    assert data == {
        "task_id": str(task.pk),
        "batch_id": None,
        "clinic_id": str(clinic.pk),
        "client_reference": "A-1",
        "tpa_name": "TPA002",
        "status": "PROCESS_COMPLETE",
        "result": "found",
        "outcome": "eligible",
        "failure": None,
        "error_type": None,
        "needs_attention": False,
        "is_search_all": False,
        "test_mode": False,
        "request_id": "req-7",
        "sequence": 20,
    }
    assert event.sequence == 20


def test_a_failure_is_told_and_then_that_it_needs_attention(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    end(claim_one(), REFUSED)
    assert told(task) == [("task.failed", 20), ("task.needs_attention", 22)]
    said = WebhookEvent.objects.get(type="task.failed").data
    assert (said["status"], said["result"], said["error_type"]) == (
        *("failed", "invalid_credentials"),
        "CredentialsError",
    )


def test_nothing_of_the_patient_is_told(lane: Connection) -> None:
    make_endpoint(lane.team)
    make_row(lane, name=SENTINEL, id_value="784-1", phone="0501234567")
    make_row(lane, name=SENTINEL, id_value="784-1")
    first, second = claim()
    end(first, answered())
    end(second, REFUSED)
    said = str(list(WebhookEvent.objects.values("data")))
    assert not [word for word in (SENTINEL, "784-1", "0501234567") if word in said]


def test_every_way_to_an_end_is_told(lane: Connection) -> None:
    make_endpoint(lane.team)
    lost, cancelled, poison = make_rows(lane, 3)
    EligibilityTask.objects.filter(pk=lost.pk).update(connection=None)
    unroutable.fail_unroutable()
    operations.cancel_tasks(tasks=EligibilityTask.objects.filter(pk=cancelled.pk), actor="somebody")
    EligibilityTask.objects.filter(pk=poison.pk).update(crashes=2)
    claim_one()
    let_lease_end(poison)
    leases.return_expired()
    assert [kind for kind, _ in told(lost)] == ["task.failed", "task.needs_attention"]
    assert [kind for kind, _ in told(cancelled)] == ["task.cancelled"]
    assert [kind for kind, _ in told(poison)] == ["task.failed", "task.needs_attention"]


def test_the_sequence_of_a_task_rises_with_everything_that_is_told_of_it(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    end(claim_one(), REFUSED)
    operations.retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    LaneState.objects.all().delete()  # somebody has seen to the login
    end(claim_one(), answered())
    kinds, numbers = zip(*told(task), strict=True)
    assert kinds == ("task.failed", "task.needs_attention", "task.done")
    assert list(numbers) == sorted(set(numbers))


def test_an_answer_that_differs_from_the_last_one_is_told_as_changed(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    end(claim_one(), answered(Outcome.NOT_ELIGIBLE))
    operations.retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    end(claim_one(), answered(Outcome.NOT_ELIGIBLE))
    assert [kind for kind, _ in told(task)] == ["task.done", "task.done"]
    operations.retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    end(claim_one(), answered(Outcome.ELIGIBLE))
    assert [kind for kind, _ in told(task)] == [*["task.done"] * 3, "task.changed"]
    said = WebhookEvent.objects.get(type="task.changed").data
    assert (said["outcome"], said["previous_result"]) == ("eligible", "not_eligible")


def test_an_answer_that_the_earlier_one_prevails_over_changes_nothing(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    end(claim_one(), answered(Outcome.ELIGIBLE))
    operations.retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    end(claim_one(), answered(Outcome.MEMBER_NOT_FOUND))
    assert "task.changed" not in [kind for kind, _ in told(task)]


def test_the_clinics_last_answer_about_the_same_person_is_what_a_new_check_is_compared_with(
    lane: Connection,
) -> None:
    make_endpoint(lane.team)
    make_row(lane, id_key="SAME", visit_type="OUTPATIENT")
    end(claim_one(), answered(Outcome.ELIGIBLE))
    new = make_row(lane, id_key="SAME", visit_type="OUTPATIENT")
    other = make_row(lane, id_key="OTHER", visit_type="OUTPATIENT")
    end(claim(), answered(Outcome.NOT_ELIGIBLE))
    assert [kind for kind, _ in told(new)] == ["task.done", "task.changed"]
    assert [kind for kind, _ in told(other)] == ["task.done"]


def test_only_who_wants_to_hear_of_it_is_told(lane: Connection) -> None:
    clinic, other = lane.team.clinics.get(), make_clinic(lane.team)
    hears = [
        make_endpoint(lane.team),
        make_endpoint(lane.team, clinic=clinic, event_types=["task.done"]),
    ]
    make_endpoint(lane.team, clinic=other)
    make_endpoint(lane.team, event_types=["task.failed"])
    make_endpoint()  # another team's
    off = make_endpoint(lane.team)
    WebhookEndpoint.objects.filter(pk=off.pk).disable(DisabledReason.BY_HAND)
    paused = make_endpoint(lane.team)
    WebhookEndpoint.objects.filter(pk=paused.pk).update(paused_at="2026-01-01T00:00Z")
    make_row(lane)
    end(claim_one(), answered())
    told_to = set(WebhookDelivery.objects.values_list("endpoint", flat=True))
    assert told_to == {each.pk for each in [*hears, paused]}
    assert WebhookEvent.objects.count() == 1


def test_what_nobody_wants_is_not_kept(lane: Connection) -> None:
    make_endpoint(lane.team, event_types=["batch.completed"])
    make_row(lane)
    end(claim_one(), answered())
    assert not WebhookEvent.objects.exists()


def test_the_event_stands_or_falls_with_the_move(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    row = claim_one()

    with transaction.atomic():
        end(row, answered())
        assert told(task) == [("task.done", 20)]
        transaction.set_rollback(True)
    assert told(task) == []


def test_without_an_endpoint_an_end_costs_one_small_query_and_a_creation_none() -> None:
    clinic, key = make_portal()
    client = Client(headers={"x-api-key": key})
    with CaptureQueriesContext(connection) as queries:
        assert post(client, SEED_1, CREATE).status_code == 200
    assert not [each for each in queries if "webhook" in each["sql"]]
    rows = claim()
    with CaptureQueriesContext(connection) as queries:
        end(rows, answered())
    asked = [each["sql"] for each in queries if "webhook" in each["sql"]]
    assert len(asked) == 1
    assert clinic.team.webhook_endpoints.count() == 0


def test_what_is_told_costs_the_same_for_one_row_and_for_many(lane: Connection) -> None:
    make_endpoint(lane.team)

    def queries_of(rows: int) -> int:
        make_rows(lane, rows, each=lambda n: {"id_key": uuid.uuid4().hex})
        claimed = claim()
        assert len(claimed) == rows
        with CaptureQueriesContext(connection) as queries:
            end(claimed, answered())
        return len([each for each in queries if "webhook" in each["sql"]])

    assert queries_of(1) == queries_of(10)


def test_an_answer_that_is_reused_at_its_creation_is_told(lane: Connection) -> None:
    make_endpoint(lane.team)
    task = make_row(lane)
    EligibilityTask.objects.filter(pk=task.pk).update(status="done", outcome="eligible")
    add_events([(task.pk, "pending", "done", "engine", "reused: eligible")])
    assert told(task) == [("task.done", 10)]
