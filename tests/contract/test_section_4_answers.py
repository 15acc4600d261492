"""Section 4: results, batches and the words on the wire."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Failure, Outcome, Status
from eligibility.models import EligibilityTask
from tests.cast import House
from tests.contract.calling import CHECKS, NOBODY, PERSON, SCHEDULE, Caller, data, row
from tests.factories import make_result, make_task

RESULT_KEYS = {
    *("id", "task_id", "status", "is_search_all", "search_all_status", "request_dump"),
    *("clinic_id", "created_at", "updated_at", "interim_results", "eligibility_result"),
}
ANSWER_KEYS = {
    *("search_id", "data_dump", "task_id", "status", "clinic_id", "id"),
    *("created_at", "updated_at"),
}
DATA = {
    "payer_id": None, "is_eligible": None, "job_task_id": None,
    "patient_info": {
        "patient_id_info", "policy_holder_name", "patient_emirates_id", "policy_holder_dob",
        "policy_primary_member_id", "policy_holder_gender", "policy_holder_relationship",
        "policy_holder_phone",
    },
    "policy_network": {
        "payer_name", "policy_plan_name", "package_name", "policy_authority", "start_date",
        "valid_upto", "is_vip", "is_gatekeeper", "all_networks",
    },
    "copay_analysis": {"copay_details", "waiting_period", "special_remarks"},
    "copay_details_to_fill": None, "referral_documents": None, "failure_reason": None,
    "screenshot_key": None, "was_identified_by_aggregator": None,
}  # fmt: skip
"""Every key of `data`, and the keys inside its objects."""

WORK_WORDS = {
    Status.PENDING: "IN_QUEUE",
    Status.RUNNING: "NAVIGATING_WEBSITE",
    Status.WAITING: "NAVIGATING_WEBSITE",
    Status.CANCELLED: "cancelled",
}
COMPLETE = {"input_invalid", "identity_mismatch", "payer_unsupported", "provider_not_enrolled"}
OUTCOME_WORDS: dict[str, tuple[str, bool | None, str | None]] = {
    "eligible": ("found", True, None),
    "not_eligible": ("not_eligible", False, None),
    "member_not_found": ("member_not_found", None, "MemberNotFoundError"),
    "ambiguous_member": ("multiple_beneficiaries", None, "MultipleBeneficiariesError"),
    "undetermined": ("undetermined", None, None),
    "partial": ("undetermined", None, None),
}


HELD: dict[Status, dict[str, Any]] = {
    Status.RUNNING: {"worker": "host:1", "lease_until": timezone.now()},
    Status.WAITING: {"look": "poll"},
}
"""What a row in a worker's hands, or one that waits for its payer, also says."""


def shown(api: Caller, task: Any) -> dict[str, Any]:
    """A task as eligibility-result shows it."""
    answer = api.get(f"{CHECKS}/eligibility-result/{getattr(task, 'pk', task)}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def in_bulk(api: Caller, *ids: str) -> list[dict[str, Any]]:
    """Tasks as bulk/get-results shows them."""
    answer = data(api.post(f"{CHECKS}/bulk/get-results", {"task_ids": list(ids)}))
    assert set(answer) == {"results"}
    found: list[dict[str, Any]] = answer["results"]
    return found


def failed(house: House, failure: str) -> EligibilityTask:
    now = timezone.now()
    return make_task(house.first, status="failed", failure=failure, finished_at=now)


def answered(house: House, outcome: str = "eligible", **answer: Any) -> EligibilityTask:
    task = make_task(house.first)
    make_result(task, outcome, **answer)
    return task


# --- wire words ----------------------------------------------------------------------------------


def test_pending_is_pending_in_creation_answers_and_in_queue_when_polled(api: Caller) -> None:
    made = data(api.create(row()))["tasks"][0]
    assert made["status"] == "pending"
    assert shown(api, made["task_id"])["status"] == "IN_QUEUE"


@pytest.mark.parametrize("status", WORK_WORDS)
def test_each_state_of_the_work_has_its_word(api: Caller, us: House, status: Status) -> None:
    task = make_task(us.first, status=status, **HELD.get(status, {}))
    assert shown(api, task)["status"] == WORK_WORDS[status]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.WAITING])
def test_a_row_that_was_answered_in_part_is_extracting_data(
    api: Caller, us: House, status: Status
) -> None:
    task = make_task(us.first, status=status, interim={"policy": {}}, **HELD[status])
    found = shown(api, task)
    assert found["status"] == "EXTRACTING_DATA"
    assert set(found["interim_results"]) == {"tpa_name", "screenshot_key", "referral_documents"}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_has_its_words_and_is_process_complete(
    api: Caller, us: House, outcome: Outcome
) -> None:
    word, is_eligible, error = OUTCOME_WORDS[outcome]
    found = shown(api, answered(us, outcome))
    assert found["status"] == "PROCESS_COMPLETE"
    dump = found["eligibility_result"]["data_dump"]
    assert (dump["status"], dump["data"]["is_eligible"]) == (word, is_eligible)
    assert dump.get("error_type") == error


@pytest.mark.parametrize("failure", list(Failure))
def test_each_failure_has_its_words(api: Caller, us: House, failure: Failure) -> None:
    found = shown(api, failed(us, failure))
    assert found["status"] == ("PROCESS_COMPLETE" if failure in COMPLETE else "failed")
    dump = found["eligibility_result"]["data_dump"]
    word = "invalid_credentials" if failure == "credentials" else "failed"
    camel = "".join(part.capitalize() for part in failure.split("_"))
    assert (dump["status"], dump["error_type"]) == (word, f"{camel}Error")
    assert dump["data"]["is_eligible"] is None
    assert dump["message"]


def test_a_batch_says_scheduled_processing_paused_completed_or_cancelled(api: Caller) -> None:
    tomorrow = f"{timezone.now().year + 1}-01-01T00:00:00Z"
    body = {"requests": [row()], "scheduled_for": tomorrow}
    batch_id = data(api.post(SCHEDULE, body))["batch_id"]
    path = f"{CHECKS}/batches/{batch_id}"
    words = [api.get(path).json()["batch_status"]]
    words += [
        data(api.post(f"{path}/{verb}"))["batch"]["batch_status"]
        for verb in ("pause", "resume", "cancel")
    ]
    assert words == ["scheduled", "paused", "scheduled", "cancelled"]
    assert batch_status(api, api.create(row())) == "processing"
    done = api.create(row())
    make_result(EligibilityTask.objects.get(pk=data(done)["tasks"][0]["task_id"]))
    assert batch_status(api, done) == "completed"


def batch_status(api: Caller, made: Any) -> str:
    task = EligibilityTask.objects.get(pk=data(made)["tasks"][0]["task_id"])
    found: str = api.get(f"{CHECKS}/batches/{task.batch_id}").json()["batch_status"]
    return found


# --- results -------------------------------------------------------------------------------------


def test_eligibility_result_is_the_bare_object_with_exactly_these_keys(
    api: Caller, us: House
) -> None:
    waiting = shown(api, make_task(us.first))
    assert set(waiting) == RESULT_KEYS
    assert waiting["eligibility_result"] is None
    found = shown(api, answered(us))
    assert set(found) == RESULT_KEYS
    assert set(found["eligibility_result"]) == ANSWER_KEYS
    assert set(found["eligibility_result"]["data_dump"]) == {"tpa", "status", "data", "job_task_id"}


def test_eligibility_result_is_also_under_api_integration_v2(api: Caller, us: House) -> None:
    task = answered(us)
    found = api.get(f"/v2/api-integration-v2/eligibility-result/{task.pk}")
    assert found.json() == shown(api, task)


def test_every_key_of_data_is_always_there(api: Caller, us: House) -> None:
    for task in (answered(us), failed(us, "timeout")):
        found = shown(api, task)["eligibility_result"]["data_dump"]["data"]
        assert set(found) == set(DATA)
        for name, inside in DATA.items():
            if inside is not None:
                assert set(found[name]) == inside
        assert found["copay_details_to_fill"] == found["referral_documents"] == []


def test_a_search_has_the_same_head_and_its_aggregated_results(api: Caller) -> None:
    task_id = data(api.post(f"{CHECKS}/create-task", row(tpa_name="BOTH", **PERSON)))["task_id"]
    found = shown(api, task_id)
    ours = {"aggregated_results", "total_tpas_checked", "found_results", "skipped"}
    assert set(found) == RESULT_KEYS | ours
    assert (found["is_search_all"], found["search_all_status"]) == (True, "SEARCH_ALL_PROCESSING")
    assert (found["aggregated_results"], found["eligibility_result"]) == ([], None)


def test_bulk_results_answer_every_id_in_the_order_asked(api: Caller, us: House) -> None:
    first, second = (str(answered(us).pk) for _ in range(2))
    asked = [second, NOBODY, "any text", first, second]
    found = in_bulk(api, *asked)
    assert [each["task_id"] for each in found] == asked
    assert found[1] == {"task_id": NOBODY, "status": "not_found", "eligibility_result": None}
    assert found[2]["status"] == "not_found"


def test_bulk_results_do_not_find_foreign_ids(api: Caller, them: Caller, us: House) -> None:
    (found,) = in_bulk(them, str(answered(us).pk))
    assert found["status"] == "not_found"


@pytest.mark.usefixtures("one_row_at_most")
def test_bulk_results_take_as_many_ids_as_a_request_may_carry_rows(api: Caller) -> None:
    path = f"{CHECKS}/bulk/get-results"
    assert api.post(path, {"task_ids": [NOBODY]}).status_code == 200
    assert api.post(path, {"task_ids": [NOBODY, NOBODY]}).status_code == 413


def test_a_row_has_exactly_these_keys_in_each_of_its_three_forms(api: Caller, us: House) -> None:
    tasks = [make_task(us.first), answered(us), answered(us, "member_not_found")]
    found = in_bulk(api, *(str(task.pk) for task in tasks))
    head = {"task_id", "status", "is_search_all", "created_at", "updated_at", "eligibility_result"}
    assert [set(each) for each in found] == [head] * 3
    assert found[0]["eligibility_result"] is None
    assert set(found[1]["eligibility_result"]) == {"status", "data"}
    error = found[2]["eligibility_result"]
    assert set(error) == {"status", "message", "data_dump"}
    assert set(error["data_dump"]) == {"status", "message", "error_type"}


def floats_in(value: Any) -> list[float]:
    """Every number with a fraction inside."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [found for each in inside for found in floats_in(each)]
    return [value] if isinstance(value, float) else []


def test_timestamps_have_an_offset_and_money_is_a_decimal_string_never_a_float(
    api: Caller, us: House
) -> None:
    benefit = {"service": "consultation", "copay_amount": "20.50", "currency": "AED"}
    found = shown(api, answered(us, benefits=[benefit]))
    for moment in (found["created_at"], found["eligibility_result"]["updated_at"]):
        assert datetime.fromisoformat(moment).tzinfo is not None
    assert floats_in(found) == []
    assert '"20.50' in json.dumps(found)


def test_documents_are_listed_and_a_payers_own_link_is_never_shown(api: Caller, us: House) -> None:
    papers = [{"kind": "referral", "title": "Letter", "sha256": "ab" * 32}]
    found = shown(api, answered(us, documents=papers))
    (paper,) = found["eligibility_result"]["data_dump"]["data"]["referral_documents"]
    assert set(paper) == {"id", "tag", "s3_url"}
    # Nothing of it is stored with us, so there is no address of ours either.
    assert paper["s3_url"] is None


def test_batch_results_have_exactly_these_keys_and_the_documents_message(api: Caller) -> None:
    batch_id = data(api.post(SCHEDULE, {"requests": [row()]}))["batch_id"]
    body = api.get(f"{CHECKS}/batch-results/{batch_id}").json()
    words = f"Batch results fetched successfully for batch ID: {batch_id}"
    assert (body["success"], body["message"]) == (True, words)
    assert set(body["data"]) == {
        *("batch_id", "batch_status", "description", "scheduled_for", "executed_at"),
        *("completed_at", "total_tasks", "completed_tasks", "tasks"),
    }
    assert body["data"]["executed_at"] is None


def test_completed_tasks_are_those_in_any_final_state(api: Caller) -> None:
    made = api.create(row(), row(), row())
    ids = [task["task_id"] for task in data(made)["tasks"]]
    api.post(f"{CHECKS}/tasks/{ids[0]}/cancel")
    make_result(EligibilityTask.objects.get(pk=ids[1]))
    batch_id = EligibilityTask.objects.get(pk=ids[2]).batch_id
    found = data(api.get(f"{CHECKS}/batch-results/{batch_id}"))
    assert (found["total_tasks"], found["completed_tasks"]) == (3, 2)


def test_a_rerun_puts_its_batch_back_to_processing(api: Caller) -> None:
    made = api.create(row())
    task_id = data(made)["tasks"][0]["task_id"]
    make_result(EligibilityTask.objects.get(pk=task_id))
    assert batch_status(api, made) == "completed"
    data(api.post(f"{CHECKS}/tasks/{task_id}/retry"))
    assert batch_status(api, made) == "processing"


def test_batch_results_have_next_only_when_there_are_more_rows_than_a_page(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = api.create(*(row(id_value=f"CARD-{number}") for number in range(3)))
    task = EligibilityTask.objects.get(pk=data(made)["tasks"][0]["task_id"])
    path = f"{CHECKS}/batch-results/{task.batch_id}"
    assert "next" not in data(api.get(path))
    monkeypatch.setattr("eligibility.views.checks.PAGE", 2)
    page = data(api.get(path))
    rest = data(api.get(f"{path}?cursor={page['next']}"))
    assert [len(each["tasks"]) for each in (page, rest)] == [2, 1]
    assert rest["next"] is None
