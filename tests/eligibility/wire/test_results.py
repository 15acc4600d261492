"""The words and shapes of results, without a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from eligibility import wire
from eligibility.choices import Failure, Outcome, Status
from eligibility.openapi import results as shapes
from eligibility.results import Answer, Member, Policy
from eligibility.wire import words

TASK = UUID("c5d5093f-8c49-4b6b-a83e-f90b6af7dee8")
RESULT = UUID("0198b6d2-51f4-7000-8000-6f1d2a8c9e10")
CLINIC = UUID("0d9f4c9a-6f3e-4f0e-9a57-7a1f6b0f3c11")
ASKED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ANSWERED = datetime(2026, 11, 22, 8, 0, 2, 500, tzinfo=UTC)
MUCH_LATER = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANSWER = Answer(
    payer_code="TPA004", member=Member(name="A"), policy=Policy(plan="Gold")
).model_dump(mode="json")

RETRYABLE = ["credentials", "throttled", "payer_unavailable", "timeout", "bad_response", "internal"]
HOPELESS = ["input_invalid", "identity_mismatch", "payer_unsupported", "provider_not_enrolled"]


def make_task_row(**fields: Any) -> dict[str, Any]:
    return {
        "id": TASK,
        "status": "pending",
        "outcome": "",
        "failure": "",
        "failure_message": "",
        "is_search": False,
        "search_round": 0,
        "interim": None,
        "created_at": ASKED,
        "updated_at": ASKED,
        "finished_at": None,
        "payer__code": "TPA002",
        "payer__name": "A payer",
        "result__id": None,
        "result__answer": None,
        "result__outcome": None,
        "result__created_at": None,
        "question_number": 0,
        "result_question": 0,
        "clinic_id": CLINIC,
        "request_dump": {"id_value": "784"},
    } | fields


def done(outcome: str = "eligible", **fields: Any) -> dict[str, Any]:
    return make_task_row(
        status="done",
        outcome=outcome,
        finished_at=ANSWERED,
        result__id=RESULT,
        result__answer=ANSWER,
        result__outcome=outcome,
        result__created_at=ANSWERED,
        **fields,
    )


def failed(failure: str, message: str = "", **fields: Any) -> dict[str, Any]:
    return make_task_row(
        status="failed",
        failure=failure,
        failure_message=message,
        finished_at=ANSWERED,
        **fields,
    )


def test_the_rows_hold_the_columns_that_a_query_brings() -> None:
    assert set(make_task_row()) == set(wire.RESULT_FIELDS)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "pending"}, "IN_QUEUE"),
        ({"status": "pending", "interim": {}}, "IN_QUEUE"),
        ({"status": "running"}, "NAVIGATING_WEBSITE"),
        ({"status": "waiting"}, "NAVIGATING_WEBSITE"),
        ({"status": "running", "interim": {}}, "EXTRACTING_DATA"),
        ({"status": "waiting", "interim": {}}, "EXTRACTING_DATA"),
        ({"status": "cancelled"}, "cancelled"),
        *[(done(outcome), "PROCESS_COMPLETE") for outcome in Outcome.values],
        *[(failed(failure), "PROCESS_COMPLETE") for failure in HOPELESS],
        *[(failed(failure), "failed") for failure in RETRYABLE],
    ],
)
def test_the_work_has_the_contracts_words(fields: dict[str, Any], word: str) -> None:
    task = make_task_row(**fields)
    assert wire.row(task)["status"] == word
    assert wire.result(task)["status"] == word


def test_every_failure_is_one_or_the_other() -> None:
    assert sorted(RETRYABLE + HOPELESS) == sorted(Failure.values)


@pytest.mark.parametrize(
    ("outcome", "word", "is_eligible", "error_type"),
    [
        ("eligible", "found", True, None),
        ("not_eligible", "not_eligible", False, None),
        ("member_not_found", "member_not_found", None, "MemberNotFoundError"),
        ("ambiguous_member", "multiple_beneficiaries", None, "MultipleBeneficiariesError"),
        ("undetermined", "undetermined", None, None),
        ("partial", "undetermined", None, None),
    ],
)
def test_an_answer_has_the_contracts_words(
    outcome: str, word: str, is_eligible: bool | None, error_type: str | None
) -> None:
    dump = wire.result(done(outcome))["eligibility_result"]["data_dump"]
    assert dump["status"] == word
    assert dump["data"]["is_eligible"] is is_eligible
    assert dump.get("error_type") == error_type
    short = wire.row(done(outcome))["eligibility_result"]
    if error_type is None:
        assert list(short) == ["status", "data"]
        assert list(dump) == ["tpa", "status", "data", "job_task_id"]
    else:
        assert list(short) == ["status", "message", "data_dump"]
        assert short["data_dump"] == {
            "status": word,
            "message": short["message"],
            "error_type": error_type,
        }
        assert short["message"]


@pytest.mark.parametrize("failure", Failure.values)
def test_a_failure_says_what_it_is_in_plain_words(failure: str) -> None:
    expected = "invalid_credentials" if failure == "credentials" else "failed"
    short = wire.row(failed(failure))["eligibility_result"]
    assert short["status"] == short["data_dump"]["status"] == expected
    assert short["data_dump"]["error_type"] == failure.title().replace("_", "") + "Error"
    assert short["message"] == Failure(failure).label
    dump = wire.result(failed(failure, "Said so."))["eligibility_result"]["data_dump"]
    assert dump["message"] == dump["data"]["failure_reason"] == "Said so."
    assert dump["data"]["is_eligible"] is None


def test_a_re_run_that_failed_does_not_hide_the_earlier_answer() -> None:
    earlier = done()
    failure = {"status": "failed", "failure": "timeout", "outcome": "", "finished_at": MUCH_LATER}
    task = earlier | failure
    shown, before = wire.result(task), wire.result(earlier)
    assert (shown["status"], wire.row(task)["status"]) == ("failed", "failed")
    result = shown["eligibility_result"]
    assert result["data_dump"] == before["eligibility_result"]["data_dump"]
    assert result["created_at"] == ANSWERED.isoformat()
    assert wire.row(task)["eligibility_result"] == wire.row(earlier)["eligibility_result"]
    assert shown.keys() == before.keys()


def test_a_failure_after_an_answer_to_another_question_shows_nothing_of_the_answer() -> None:
    """The row was corrected in between: what was said before is about somebody else."""
    task = done() | failed("timeout", result__id=RESULT, result__answer=ANSWER, question_number=1)
    dump = wire.result(task)["eligibility_result"]["data_dump"]
    assert dump["status"] == "failed"
    assert dump["tpa"] == "TPA002"
    assert dump["data"]["patient_info"]["policy_holder_name"] is None


@pytest.mark.parametrize("status", ["pending", "running", "waiting", "cancelled"])
def test_a_task_without_an_end_has_no_result(status: str) -> None:
    task = make_task_row(status=status)
    assert wire.row(task)["eligibility_result"] is None
    assert wire.result(task)["eligibility_result"] is None


def test_a_result_has_the_contracts_keys_in_their_order() -> None:
    shown = wire.result(done())
    assert list(shown) == [
        "id",
        "task_id",
        "status",
        "is_search_all",
        "search_all_status",
        "request_dump",
        "clinic_id",
        "created_at",
        "updated_at",
        "interim_results",
        "eligibility_result",
    ]
    assert list(shown["eligibility_result"]) == [
        "search_id",
        "data_dump",
        "task_id",
        "status",
        "clinic_id",
        "id",
        "created_at",
        "updated_at",
    ]
    assert shown["created_at"] == "2026-11-22T08:00:00+00:00"
    assert shown["eligibility_result"]["id"] == str(RESULT)
    assert shown["eligibility_result"]["data_dump"]["tpa"] == "TPA004"
    json.dumps(shown)


def test_a_row_has_the_contracts_keys_in_their_order() -> None:
    keys = "task_id status is_search_all created_at updated_at eligibility_result"
    assert list(wire.row(done())) == keys.split()
    assert wire.unknown_row("x") == {
        "task_id": "x",
        "status": "not_found",
        "eligibility_result": None,
    }


def test_a_part_of_an_answer_is_shown_while_the_rest_is_awaited() -> None:
    assert wire.result(make_task_row())["interim_results"] is None
    assert wire.result(make_task_row(status="waiting", interim={}))["interim_results"] == {
        "tpa_name": "TPA002",
        "screenshot_key": None,
        "referral_documents": [],
    }


def test_a_search_shows_each_payers_answer_beside_the_prevailing_one() -> None:
    shown = wire.result(done(is_search=True, payer__code="BOTH"))
    assert shown["search_all_status"] == "SEARCH_ALL_COMPLETE"
    assert list(shown)[-4:] == [
        "aggregated_results",
        "total_tpas_checked",
        "found_results",
        "skipped",
    ]
    (answer,) = shown["aggregated_results"]
    assert (answer["tpa_name"], answer["status"]) == ("TPA004", "found")
    assert (shown["total_tpas_checked"], shown["found_results"]) == (1, 1)
    assert shown["eligibility_result"]["data_dump"]["tpa"] == "TPA004"


def test_a_search_of_several_payers_counts_them() -> None:
    paths = [done(), failed("timeout"), done("member_not_found"), make_task_row(status="running")]
    shown = wire.result(make_task_row(status="running", is_search=True), paths)
    assert shown["search_all_status"] == "SEARCH_ALL_PROCESSING"
    assert [entry["status"] for entry in shown["aggregated_results"]] == [
        "found",
        "failed",
        "member_not_found",
    ]
    assert (shown["total_tpas_checked"], shown["found_results"]) == (3, 1)


def test_a_search_that_nobody_answered_yet_is_empty() -> None:
    shown = wire.result(make_task_row(is_search=True))
    assert shown["search_all_status"] == "SEARCH_ALL_PROCESSING"
    assert shown["aggregated_results"] == []
    assert shown["eligibility_result"] is None


@pytest.mark.parametrize(
    "task",
    [
        make_task_row(),
        make_task_row(status="waiting", interim={"tpa_name": "X"}),
        make_task_row(status="cancelled"),
        *[done(outcome, is_search=search) for outcome in Outcome.values for search in (0, 1)],
        *[failed(failure) for failure in Failure.values],
    ],
)
def test_every_state_has_the_published_shape(task: dict[str, Any]) -> None:
    task["is_search"] = bool(task["is_search"])
    shapes.EligibilityResult.model_validate_json(json.dumps(wire.result(task)))
    shapes.ResultRow.model_validate_json(json.dumps(wire.row(task)))


def test_every_status_has_a_word() -> None:
    for status in Status.values:
        assert words.work_word(status, "", partly_answered=False)
