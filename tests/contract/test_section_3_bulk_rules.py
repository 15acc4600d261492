"""Section 3: the rules of everything that comes in bulk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from eligibility.engine.drain import Drain
from eligibility.models import Attempt, Batch, Connection, EligibilityTask
from portal.models import IdempotencyRecord, RejectedRow, RowState, Submission
from tests.cast import House
from tests.contract.calling import (
    CHECKS,
    CREATE,
    RECORDS,
    SCHEDULE,
    Caller,
    bad,
    code,
    data,
    faults,
    row,
)
from tests.eligibility.files.making import bring, make_cells, make_file
from tests.eligibility.rest.asking import SEED_1, SEED_2
from tests.factories import make_result
from tests.portal.api.published import published
from tests.records.rest.asking import SEED_3

STRICT = {"prefer": "handling=strict"}
KEY = {"idempotency_key": "k-1"}


# --- partial acceptance --------------------------------------------------------------------------


def test_valid_rows_are_created_and_rejected_rows_are_stored_with_their_errors(
    api: Caller,
) -> None:
    answer = data(api.create(row(), bad(), row()))
    assert (answer["total_created"], answer["total_errors"]) == (2, 1)
    assert EligibilityTask.objects.count() == 2
    kept = RejectedRow.objects.get(submission_id=answer["submission_id"])
    assert (kept.line, kept.state) == (1, RowState.OPEN)
    assert kept.errors


def test_a_rejected_row_can_be_fixed_at_its_line(api: Caller) -> None:
    submission = data(api.create(row(), bad()))["submission_id"]
    path = f"{CHECKS}/submissions/{submission}/rows/1"
    fixed = api.patch(path, {"tpa_name": "TPA002"}).json()
    assert fixed["state"] == "accepted"
    assert api.get(f"{CHECKS}/tasks/{fixed['task_id']}").status_code == 200


def test_a_later_row_with_the_same_client_reference_supersedes_the_rejected_one(
    api: Caller,
) -> None:
    data(api.create(row(), bad(client_reference="A-1")))
    data(api.create(row(client_reference="A-1")))
    assert RejectedRow.objects.get().state == RowState.SUPERSEDED


def test_strict_handling_is_all_or_nothing_and_a_400_under_v2(api: Caller) -> None:
    assert code(api.create(row(), bad(), **STRICT)) == (400, "INVALID_REQUEST")
    assert not EligibilityTask.objects.exists()
    done = api.create(row(), row(), **STRICT)
    assert data(done)["total_created"] == 2
    assert done.headers["Preference-Applied"] == "handling=strict"


def test_a_rest_request_of_which_nothing_was_created_stores_only_its_counts(api: Caller) -> None:
    assert code(api.create(bad(), bad())) == (400, "INVALID_REQUEST")
    assert not RejectedRow.objects.exists()
    counted = Submission.objects.get()
    assert (counted.total_rows, counted.accepted_rows, counted.rejected_rows) == (2, 0, 2)


def test_a_file_always_keeps_its_rejected_rows(us: House) -> None:
    bring(make_file([make_cells(tpa_name="NOBODY")]), us.first)
    assert RejectedRow.objects.open().count() == 1


@pytest.mark.parametrize("path", [CREATE, SCHEDULE])
def test_a_dry_run_answers_the_same_shape_with_null_ids_and_creates_nothing(
    api: Caller, path: str
) -> None:
    rows = (row(), bad())
    rehearsed = data(api.create(*rows, path=f"{path}?dry_run=true&detail=full"))
    assert not EligibilityTask.objects.exists()
    assert not Submission.objects.exists()
    real = data(api.create(*rows, path=f"{path}?detail=full"))
    assert set(rehearsed) == set(real)
    assert rehearsed["total_errors"] == real["total_errors"] == 1
    assert rehearsed["submission_id"] is None
    assert rehearsed.get("batch_id") is None
    assert [task["task_id"] for task in rehearsed["tasks"]] == [None]


def test_a_dry_run_of_records_has_null_ids(api: Caller) -> None:
    answer = api.post(f"{RECORDS}/bulk?dry_run=true", SEED_3).json()
    assert answer["total_created"] == 1
    assert answer["results"][0]["record"]["_id"] is None


# --- limits --------------------------------------------------------------------------------------


def test_the_limits_are_10000_rows_and_20_mebibytes_and_published() -> None:
    assert (configured.BULK_MAX_ROWS, configured.BULK_MAX_BYTES) == (10_000, 20 * 1024 * 1024)
    told = published()["info"]["description"]
    assert "10,000 rows" in told
    assert "20 MiB" in told


@pytest.mark.usefixtures("one_row_at_most")
def test_one_row_over_the_limit_is_413_and_nothing_is_created(api: Caller) -> None:
    assert code(api.create(row(), row())) == (413, "PAYLOAD_TOO_LARGE")
    assert not EligibilityTask.objects.exists()
    assert data(api.create(row()))["total_created"] == 1


def test_the_size_guard_stands_in_front_of_everything(anybody: Caller, settings: Any) -> None:
    settings.BULK_MAX_BYTES = 10
    # Before the key is looked at, and before the body is read as JSON.
    assert code(anybody.post(CREATE, b"x" * 11)) == (413, "PAYLOAD_TOO_LARGE")
    assert settings.DRAIN_MAX_BYTES == 64 * 1024 * 1024


# --- Idempotency-Key -----------------------------------------------------------------------------


def test_the_same_key_and_body_replays_the_stored_answer(api: Caller) -> None:
    first, again = (api.create(row(), **KEY) for _ in range(2))
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert EligibilityTask.objects.count() == 1


def test_the_same_key_and_another_body_is_422(api: Caller) -> None:
    api.create(row(), **KEY)
    assert code(api.create(row(name="B"), **KEY)) == (422, "IDEMPOTENCY_KEY_REUSED")


def begin(api: Caller) -> IdempotencyRecord:
    """A request under the key that is still running."""
    api.create(row(), **KEY)
    IdempotencyRecord.objects.update(status=None, body=None)
    return IdempotencyRecord.objects.get()


def test_a_key_whose_request_is_still_running_is_409_with_retry_after(api: Caller) -> None:
    begin(api)
    answer = api.create(row(), **KEY)
    assert code(answer) == (409, "CONFLICT")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_crash_does_not_block_the_repeat_for_longer_than_60_seconds(api: Caller) -> None:
    running = begin(api)
    assert running.lease_until - running.created_at <= timedelta(seconds=61)
    ended = timezone.now() - timedelta(seconds=1)
    IdempotencyRecord.objects.update(lease_until=ended)
    assert data(api.create(row(), **KEY))["total_created"] == 1


def test_a_key_is_forgotten_after_24_hours(api: Caller) -> None:
    api.create(row(), **KEY)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert "Idempotent-Replayed" not in api.create(row(), **KEY).headers


def test_the_keys_scope_is_team_method_and_path(api: Caller, them: Caller) -> None:
    api.create(row(), **KEY)
    others = [them.create(row(), **KEY), api.create(row(), path=SCHEDULE, **KEY)]
    assert [data(each) and "Idempotent-Replayed" in each.headers for each in others] == [False] * 2


# --- rows ----------------------------------------------------------------------------------------


def test_a_row_with_the_same_reference_and_question_within_24_hours_is_replayed(
    api: Caller,
) -> None:
    full = f"{CREATE}?detail=full"
    first, again = (data(api.create(row(client_reference="A"), path=full)) for _ in range(2))
    assert [each["tasks"][0]["row_status"] for each in (first, again)] == ["created", "replayed"]
    assert again["tasks"][0]["task_id"] == first["tasks"][0]["task_id"]
    assert again["total_created"] == 1
    assert EligibilityTask.objects.count() == 1


def test_another_question_under_the_same_reference_is_created(api: Caller) -> None:
    data(api.create(row(client_reference="A")))
    data(api.create(row(client_reference="A", id_value="SYN-NOT-ELIGIBLE")))
    assert EligibilityTask.objects.count() == 2


def test_rows_without_a_reference_are_all_created_identical_or_not(api: Caller) -> None:
    assert data(api.create(row(), row(), row()))["total_created"] == 3
    assert EligibilityTask.objects.count() == 3


def test_a_row_whose_question_has_a_fresh_answer_is_reused_unless_force(
    api: Caller, us: House
) -> None:
    Connection.objects.filter(team=us.team, payer__code="TPA002").update(freshness={"*": "4h"})
    asked = row(service_date="2026-11-25")
    make_result(EligibilityTask.objects.get(pk=api.task_id(**asked)))
    full = f"{CREATE}?detail=full"
    found = data(api.create(asked, asked | {"force": True}, path=full))["tasks"]
    assert [each["row_status"] for each in found] == ["reused", "created"]


@pytest.mark.parametrize("path", [CREATE, SCHEDULE])
def test_detail_full_says_what_became_of_each_row(api: Caller, path: str) -> None:
    plain = data(api.create(row(), path=path))
    assert "row_status" not in str(plain)
    full = data(api.create(row(), path=f"{path}?detail=full"))
    assert full["tasks"][0]["row_status"] == "created"


def test_the_answer_has_the_requests_order(api: Caller) -> None:
    cards = [f"CARD-{number}" for number in (5, 1, 4, 2, 3)]
    tasks = data(api.create(*(row(id_value=card) for card in cards)))["tasks"]
    assert [task["patient_info"]["id_value"] for task in tasks] == cards


# --- two levels of strictness --------------------------------------------------------------------

STRUCTURAL: dict[str, tuple[dict[str, Any], str]] = {
    "wrong JSON type": ({"name": 5}, "/requests/1/name"),
    "missing required field": ({"id_value": None}, "/requests/1/id_value"),
    "blank required field": ({"id_value": "  "}, "/requests/1/id_value"),
    "unknown payer": ({"tpa_name": "NOBODY"}, "/requests/1/tpa_name"),
    "unknown id type": ({"id_type": "LIBRARYCARD"}, "/requests/1/id_type"),
    "unknown visit type": ({"visit_type": "HOLIDAY"}, "/requests/1/visit_type"),
    "a field that this payer requires": ({"tpa_name": "TPA003"}, "/requests/1/name"),
    "text that cannot be stored": ({"name": "a\0b"}, "/requests/1/name"),
}


@pytest.mark.parametrize("fault", STRUCTURAL)
def test_a_structural_fault_rejects_the_row(api: Caller, fault: str) -> None:
    fields, pointer = STRUCTURAL[fault]
    answer = data(api.create(row(), row(**fields)))
    assert answer["total_errors"] == 1
    assert pointer in [error["pointer"] for error in answer["errors"]]


DOUBTS = {
    "Emirates ID shape": {"id_type": "EMIRATESID", "id_value": "784-XXXX-XXXXXXX-X"},
    "Emirates ID check digit": {"id_type": "EMIRATESID", "id_value": "784-1986-9027382-1"},
    "dob not a date": {"dob": "YYYY-MM-DD"},
    "odd phone": {"phone": "12"},
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt_about_content_is_a_warning_and_an_error_under_profile_strict(
    api: Caller, doubt: str
) -> None:
    doubtful = row(**DOUBTS[doubt])
    (task,) = data(api.create(doubtful, path=f"{CREATE}?detail=full"))["tasks"]
    assert task["warnings"]
    answer = api.create(doubtful, path=f"{CREATE}?profile=strict")
    assert code(answer) == (400, "INVALID_REQUEST")
    assert set(faults(answer)) >= {warning["code"] for warning in task["warnings"]}


def test_the_documents_own_examples_are_accepted_as_they_stand(api: Caller) -> None:
    assert data(api.post(CREATE, SEED_1))["total_created"] == 2
    assert data(api.post(SCHEDULE, SEED_2))["total_scheduled"] == 2
    assert api.post(f"{RECORDS}/bulk", SEED_3).json()["total_created"] == 1


def test_an_identifier_that_cannot_be_sent_fails_at_its_turn_without_a_call(api: Caller) -> None:
    task_id = api.task_id(id_type="EMIRATESID", id_value="784-XXXX-XXXXXXX-X")
    Drain(worker="host:1", synthetic_url="").run()
    task = EligibilityTask.objects.get(pk=task_id)
    assert (task.status, task.failure) == ("failed", "input_invalid")
    assert not Attempt.objects.exists()
    assert Batch.objects.count() == 1
