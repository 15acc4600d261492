"""Section 4: what is sent about eligibility, and what comes back at once."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.models import EligibilityTask, KnownMember, Payer
from tests.cast import House
from tests.contract.calling import CHECKS, CREATE, PERSON, SCHEDULE, Caller, bad, code, data, row
from tests.eligibility.rest.asking import SEED_1, SEED_2, UUID_TEXT

ONE = f"{CHECKS}/create-task"


def only_task() -> EligibilityTask:
    return EligibilityTask.objects.get()


def warnings(api: Caller, **fields: Any) -> list[dict[str, Any]]:
    """What is doubtful about a row."""
    (task,) = data(api.create(row(**fields), path=f"{CREATE}?detail=full"))["tasks"]
    found: list[dict[str, Any]] = task["warnings"]
    return found


# --- row fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["id_value", "id_type", "tpa_name", "visit_type"])
def test_these_fields_are_required(api: Caller, field: str) -> None:
    answer = api.create(row(field))
    assert code(answer) == (400, "INVALID_REQUEST")
    assert answer.json()["error"]["details"][0]["pointer"] == f"/requests/0/{field}"


def test_id_value_has_at_most_64_characters(api: Caller) -> None:
    assert data(api.create(row(id_value="A" * 64)))["total_created"] == 1
    assert code(api.create(row(id_value="A" * 65))) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "id_type", ["EMIRATESID", "CARDNUMBER", "CARDNO", "DHAMEMBERID", "POLICYNUMBER", "PASSPORT"]
)
def test_each_id_type_is_known_in_any_case(api: Caller, id_type: str) -> None:
    for written in (id_type, id_type.lower()):
        answer = api.create(row(id_type=written, name="A", payerName="B"))
        if answer.status_code == 400:  # known, though not every payer takes it
            (entry,) = answer.json()["error"]["details"]
            assert entry["code"] == "id_type.unsupported"


def test_cardno_is_an_alias_of_cardnumber(api: Caller) -> None:
    data(api.create(row(id_type="CARDNO")))
    assert only_task().id_type == "CARDNUMBER"


@pytest.mark.parametrize("without", [{}, {"visit_type": ""}], ids=["absent", "blank"])
def test_visit_type_may_be_left_out_where_the_payer_has_none(
    api: Caller, without: dict[str, str]
) -> None:
    payer = Payer.objects.filter(visit_types=[], kind="tpa", is_active=True).first()
    assert payer is not None
    sent = row("visit_type", tpa_name=payer.code, id_type=payer.id_types[0]) | without
    assert data(api.create(sent))["total_created"] == 1


def test_every_field_of_the_list_is_taken_without_a_doubt(api: Caller) -> None:
    everything = {
        "extra_args": {"title": "", "value": ""},
        "doctorName": "Dr. Smith",
        "payerName": "Somebody",
        "phone": "0501234567",
        "name": "Ali Farouk",
        "dob": "1986-11-13",
        "mode": "prod",
        "test_mode": False,
        "referralCode": "R-1",
        "serviceType": "S-1",
        "pod_id": "P-1",
        "is_emergency": False,
        "service_date": "2026-11-25",
        "client_reference": "A-1",
        "priority": "high",
        "force": True,
        "scheduled_for": "2026-11-24T10:00:00",
    }
    assert warnings(api, **everything) == []
    assert only_task().request_dump == row(**everything)


def test_codes_are_trimmed_and_upper_cased(api: Caller) -> None:
    data(api.create(row(tpa_name=" tpa002 ", visit_type=" outpatient", id_type="cardnumber ")))
    task = only_task()
    assert (task.payer.code, task.visit_type, task.id_type) == (
        "TPA002",
        "OUTPATIENT",
        "CARDNUMBER",
    )


def test_unknown_keys_are_kept_and_named_in_a_warning_with_a_did_you_mean(api: Caller) -> None:
    (warning,) = warnings(api, docterName="Dr. Smith")
    assert warning["suggestion"] == "doctorName"
    assert only_task().request_dump["docterName"] == "Dr. Smith"


def test_service_date_is_the_clinics_day_when_the_check_runs_unless_it_is_said(
    api: Caller,
) -> None:
    data(api.create(row()))
    assert only_task().service_date is None


def test_test_mode_sends_the_row_to_the_synthetic_payer_whatever_its_payer(api: Caller) -> None:
    data(api.create(row(tpa_name="INS026", doctorName="D", test_mode=True)))
    connection = only_task().connection
    assert connection is not None
    assert connection.connector == "synthetic"


# --- create-tasks and schedule-tasks -------------------------------------------------------------


def test_bulk_create_tasks_answers_exactly_as_the_document(api: Caller) -> None:
    answer = api.post(CREATE, SEED_1)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"success", "message", "data"}
    assert body["message"] == "Bulk tasks created successfully. 2 tasks created."
    assert set(body["data"]) == {"tasks", "total_created"}
    for task, sent in zip(body["data"]["tasks"], SEED_1["requests"], strict=True):
        assert re.fullmatch(UUID_TEXT, task.pop("task_id"))
        assert task == {
            "status": "pending",
            "patient_info": {"name": None, "id_value": sent["id_value"], "tpa_name": "TPA002"},
            "is_search_all": False,
        }


def test_schedule_tasks_answers_exactly_as_the_document(api: Caller) -> None:
    answer = api.post(SCHEDULE, SEED_2)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"success", "message", "data"}
    assert set(body["data"]) == {"batch_id", "total_scheduled"}
    words = (
        r"Tasks scheduled successfully\. 2 tasks scheduled with batch ID: "
        rf"{body['data']['batch_id']}\. Results expected by (\S+)\."
    )
    assert re.fullmatch(words, body["message"])


@pytest.mark.parametrize("path", [CREATE, SCHEDULE])
def test_with_rejected_rows_data_gains_total_errors_errors_and_submission_id(
    api: Caller, path: str
) -> None:
    plain = set(data(api.create(row(), path=path)))
    # A row with two faults counts once.
    answer = data(api.create(row(), bad(id_type="NOTHING"), path=path))
    assert set(answer) == plain | {"total_errors", "errors", "submission_id"}
    assert answer["total_errors"] == 1
    assert len(answer["errors"]) == 2


@pytest.mark.parametrize("path", [CREATE, SCHEDULE])
def test_when_every_row_is_rejected_it_is_400_in_the_envelope(api: Caller, path: str) -> None:
    assert code(api.create(bad(), path=path)) == (400, "INVALID_REQUEST")


def test_create_task_answers_exactly_these_keys(api: Caller) -> None:
    body = api.post(ONE, row()).json()
    task_id = str(only_task().pk)
    assert body == {
        "success": True,
        "message": "Task created successfully",
        "data": {
            "task_id": task_id,
            "status": "pending",
            "organization_api_task_db": {
                "task_id_in_db": task_id,
                "task_id_in_celery": task_id,
                "status": "IN_QUEUE",
            },
        },
    }


def test_create_task_of_a_search_says_so(api: Caller) -> None:
    found = data(api.post(ONE, row(tpa_name="BOTH", **PERSON)))
    assert found["organization_api_task_db"]["status"] == "SEARCH_ALL_PROCESSING"
    assert found["is_search_all"] is True
    assert found["search_all_status"] == "SEARCH_ALL_PROCESSING"


def test_a_search_whose_answer_is_known_goes_straight_to_that_payer(api: Caller, us: House) -> None:
    KnownMember.objects.create(
        team=us.team,
        payer=Payer.objects.get(code="TPA002"),
        id_type=PERSON["id_type"],
        id_key=PERSON["id_value"].replace("-", ""),
        source="import",
    )
    (task,) = data(api.create(row(tpa_name="BOTH", **PERSON)))["tasks"]
    assert task["is_search_all"] is False
    assert task["patient_info"]["tpa_name"] == "TPA002"


# --- scheduled_for -------------------------------------------------------------------------------


def schedule(api: Caller, scheduled_for: str | None) -> Any:
    body: dict[str, Any] = {"requests": [row()]}
    return api.post(SCHEDULE, body | ({"scheduled_for": scheduled_for} if scheduled_for else {}))


def test_scheduled_for_without_a_zone_is_the_clinics(api: Caller, us: House) -> None:
    tomorrow = timezone.now().astimezone(us.first.zone) + timedelta(days=1)
    data(schedule(api, f"{tomorrow:%Y-%m-%d}T09:00:00"))
    due = only_task().not_before.astimezone(us.first.zone)
    assert f"{due:%Y-%m-%d %H:%M}" == f"{tomorrow:%Y-%m-%d} 09:00"


@pytest.mark.parametrize("when", [None, "2025-01-01T10:00:00Z"], ids=["absent", "past"])
def test_scheduled_for_absent_or_past_is_due_at_once(api: Caller, when: str | None) -> None:
    data(schedule(api, when))
    task = only_task()
    assert task.run_at is not None
    assert task.run_at <= timezone.now()


def test_scheduled_for_more_than_366_days_ahead_is_rejected(api: Caller) -> None:
    ahead = timezone.now() + timedelta(days=367)
    assert code(schedule(api, ahead.isoformat())) == (400, "INVALID_REQUEST")
    assert not EligibilityTask.objects.exists()


def test_results_are_expected_in_the_clinics_zone_on_5_minutes_never_before_scheduled_for(
    api: Caller, us: House
) -> None:
    at = timezone.now() + timedelta(hours=20)
    message = schedule(api, at.isoformat()).json()["message"]
    told = datetime.fromisoformat(message.rpartition(" expected by ")[2].rstrip("."))
    assert told >= at
    assert told.utcoffset() == at.astimezone(us.first.zone).utcoffset()
    assert (told.minute % 5, told.second, told.microsecond) == (0, 0, 0)


def test_scheduled_for_of_a_row_means_not_before(api: Caller) -> None:
    at = timezone.now() + timedelta(hours=3)
    data(api.create(row(scheduled_for=at.isoformat())))
    assert abs(only_task().not_before - at) < timedelta(seconds=1)
