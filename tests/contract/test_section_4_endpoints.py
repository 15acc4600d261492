"""Section 4: the table of endpoints, and what is ours beside the documents."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.models import EligibilityTask, Payer
from portal.models import RejectedRow
from tests.cast import House
from tests.contract.calling import CHECKS, CREATE, SCHEDULE, Caller, bad, code, data, row
from tests.factories import make_result, make_task
from tests.portal.api.published import published

TABLE = (
    "POST create-task",
    "POST bulk/create-tasks",
    "POST schedule-tasks",
    "GET eligibility-result/{task_id}",
    "POST bulk/get-results",
    "GET batch-results/{batch_id}",
    "GET last-5-tasks",
    "GET health",
    "GET tasks",
    "GET batches",
    "GET batches/{batch_id}",
    "GET payers",
    "GET payers/{code}",
    "GET submissions/{submission_id}",
    "PATCH tasks/{task_id}",
    "POST tasks/{task_id}/retry",
    "POST tasks/{task_id}/cancel",
    "POST batches/{batch_id}/cancel",
    "POST batches/{batch_id}/pause",
    "POST batches/{batch_id}/resume",
    "POST tasks/bulk/retry",
    "PATCH submissions/{submission_id}/rows/{line}",
    "POST submissions/{submission_id}/resubmit",
    "GET webhooks",
    "POST webhooks",
    "DELETE webhooks/{webhook_id}",
    "POST webhooks/{webhook_id}/rotate",
    "GET webhooks/{webhook_id}/deliveries",
    "POST deliveries/{delivery_id}/replay",
)


@pytest.mark.parametrize("line", TABLE)
def test_the_endpoint_is_there(line: str) -> None:
    method, _, path = line.partition(" ")
    assert method.lower() in published()["paths"][f"{CHECKS}/{path}"]


def test_health_says_healthy_and_when_without_a_key(anybody: Caller) -> None:
    body = anybody.get(f"{CHECKS}/health").json()
    assert set(body) == {"status", "timestamp"}
    assert body["status"] == "healthy"


def test_last_5_tasks_are_the_five_newest_of_the_clinic_in_a_bare_array(
    api: Caller, us: House
) -> None:
    make_task(us.second)
    data(api.create(*(row(id_value=f"CARD-{number}") for number in range(7))))
    found = api.get(f"{CHECKS}/last-5-tasks").json()
    asked = [each["request_dump"]["id_value"] for each in found]
    assert asked == [f"CARD-{number}" for number in (6, 5, 4, 3, 2)]


@pytest.mark.parametrize("path", ["tasks", "batches", "payers"])
def test_lists_answer_items_and_next(api: Caller, path: str) -> None:
    body = api.get(f"{CHECKS}/{path}").json()
    assert set(body) == {"items", "next"}


@pytest.mark.parametrize("path", ["tasks", "batches"])
def test_lists_take_a_limit_of_at_most_500_and_a_cursor(api: Caller, path: str) -> None:
    for number in range(3):
        data(api.create(row(id_value=f"CARD-{number}")))
    first = api.get(f"{CHECKS}/{path}?limit=2").json()
    rest = api.get(f"{CHECKS}/{path}?limit=2&cursor={first['next']}").json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    assert api.get(f"{CHECKS}/{path}?limit=500").status_code == 200
    assert code(api.get(f"{CHECKS}/{path}?limit=501")) == (400, "INVALID_REQUEST")


def test_tasks_have_filters(api: Caller, us: House) -> None:
    wanted = api.task_id(client_reference="A-1")
    api.task_id(client_reference="A-2")
    found = api.get(f"{CHECKS}/tasks?client_reference=A-1&status=pending").json()["items"]
    assert [each["task_id"] for each in found] == [wanted]


def test_a_payer_has_its_rules_as_json_schema_with_effective_dates(api: Caller) -> None:
    Payer.objects.filter(code="TPA002").update(is_active=True)
    body = api.get(f"{CHECKS}/payers/TPA002").json()
    assert body["json_schema"]["type"] == "object"
    assert body["effective_from"]
    assert "effective_until" in body


def test_a_task_is_corrected_at_its_own_id_and_asked_again(api: Caller, us: House) -> None:
    task = make_task(us.first, status="failed", failure="input_invalid", id_value="wrong")
    EligibilityTask.objects.filter(pk=task.pk).update(finished_at=task.created_at)
    path = f"{CHECKS}/tasks/{task.pk}"
    changes = {"id_value": "784-1900-0000001-9", "visit_type": "OUTPATIENT"}
    answer = api.patch(path, changes, if_match=api.get(path).headers["ETag"])
    assert answer.status_code == 200
    assert (answer.json()["task_id"], answer.json()["work"]) == (str(task.pk), "pending")


def test_a_task_is_retried_and_cancelled(api: Caller, us: House) -> None:
    task = make_task(us.first)
    make_result(task)
    path = f"{CHECKS}/tasks/{task.pk}"
    assert data(api.post(f"{path}/retry"))["task"]["work"] == "pending"
    assert data(api.post(f"{path}/cancel"))["task"]["work"] == "cancelled"


def test_many_tasks_are_retried_by_a_filter(api: Caller, us: House) -> None:
    for _ in range(2):
        make_result(make_task(us.first))
    answer = api.post(f"{CHECKS}/tasks/bulk/retry", {"filter": {"outcome": "eligible"}})
    assert data(answer)["moved"] == 2


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_batch_takes_this_verb(api: Caller, verb: str) -> None:
    batch_id = data(api.create(row(), path=SCHEDULE))["batch_id"]
    path = f"{CHECKS}/batches/{batch_id}"
    if verb == "resume":
        data(api.post(f"{path}/pause"))
    assert data(api.post(f"{path}/{verb}"))["batch"]["batch_id"] == batch_id


def test_rejected_rows_are_read_and_tried_again_under_todays_rules(api: Caller) -> None:
    submission = data(api.create(row(), bad()))["submission_id"]
    path = f"{CHECKS}/submissions/{submission}"
    (rejected,) = api.get(path).json()["items"]
    assert (rejected["line"], rejected["state"]) == (1, "open")
    RejectedRow.objects.update(raw=row())
    assert data(api.post(f"{path}/resubmit"))["moved"] == 1


SUCCESSES: dict[str, Any] = {CREATE: {"requests": [row()]}, SCHEDULE: {"requests": [row()]}}


@pytest.mark.parametrize("path", SUCCESSES)
def test_a_documented_success_holds_exactly_the_documented_keys(api: Caller, path: str) -> None:
    """Nothing of ours is in it unless there is something to report or the caller asked."""
    body = api.post(path, SUCCESSES[path]).json()
    assert set(body) == {"success", "message", "data"}
    assert len(body["data"]) == 2
