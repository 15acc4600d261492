"""A search over REST: what a caller sees from the request to the last payer's answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from eligibility.engine.search import searches
from eligibility.models import Connection, EligibilityTask, Payer
from eligibility.openapi import results as shapes
from tests.cast import Cast
from tests.eligibility.engine.helpers import drain_until_done
from tests.eligibility.engine.payers import WatchedPayer, running_payer
from tests.eligibility.engine.search.asking_around import DOWN, NO, NOBODY, YES, reply
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import post

pytestmark = pytest.mark.django_db

MEMBERS = ["TPA002", "TPA004", "INS012"]
RESULT = "/v2/api-integration/eligibility-result"
RESULTS = "/v2/api-integration/bulk/get-results"


@pytest.fixture
def client(cast: Cast) -> Client:
    Payer.objects.filter(code="BOTH").update(members=MEMBERS)
    return Client(headers={"x-api-key": cast.us.key})


@pytest.fixture
def payer() -> Iterator[WatchedPayer]:
    """The synthetic payer, in a thread of this process."""
    with running_payer() as running:
        yield running


def search(client: Client, **fields: Any) -> str:
    """Send one search; returns its id."""
    sent = make_row(tpa_name="SEARCH_ALL", visit_type="OUTPATIENT", **fields)
    (made,) = post(client, {"requests": [sent]}).json()["data"]["tasks"]
    assert (made["status"], made["is_search_all"]) == ("pending", True)
    assert made["patient_info"]["tpa_name"] == "BOTH"
    return str(made["task_id"])


def result(client: Client, task_id: str) -> dict[str, Any]:
    """Its result, in the published shape."""
    answer = client.get(f"{RESULT}/{task_id}")
    shapes.EligibilityResult.model_validate_json(answer.content)
    shown: dict[str, Any] = answer.json()
    return shown


def told(shown: dict[str, Any]) -> dict[str, str]:
    """By payer: what it said."""
    return {each["tpa_name"]: each["status"] for each in shown["aggregated_results"]}


def test_a_search_from_the_request_to_the_yes_of_one_payer(client: Client) -> None:
    task_id = search(client)
    shown = result(client, task_id)
    assert (shown["status"], shown["search_all_status"]) == ("IN_QUEUE", "SEARCH_ALL_PROCESSING")
    assert (shown["aggregated_results"], shown["eligibility_result"]) == ([], None)

    searches.start_due()
    reply(TPA002=NOBODY)
    shown = result(client, task_id)
    assert shown["status"] == "NAVIGATING_WEBSITE"
    assert shown["search_all_status"] == "SEARCH_ALL_PROCESSING"
    assert told(shown) == {"TPA002": "member_not_found"}
    assert shown["eligibility_result"]["status"] == "member_not_found"
    (row,) = post(client, {"task_ids": [task_id]}, RESULTS).json()["data"]["results"]
    assert row["eligibility_result"] is None

    reply(INS012=YES)
    shown = result(client, task_id)
    assert shown["status"] == "PROCESS_COMPLETE"
    assert shown["search_all_status"] == "SEARCH_ALL_COMPLETE"
    assert told(shown) == {"TPA002": "member_not_found", "INS012": "found"}
    assert (shown["total_tpas_checked"], shown["found_results"]) == (2, 1)
    assert shown["skipped"] == [
        {"tpa_name": "TPA004", "reason": "Another payer had said yes before."}
    ]
    answer = shown["eligibility_result"]
    assert (answer["status"], answer["task_id"]) == ("found", task_id)
    assert answer["data_dump"]["data"]["is_eligible"] is True
    assert answer["data_dump"]["data"]["was_identified_by_aggregator"] is True
    (row,) = post(client, {"task_ids": [task_id]}, RESULTS).json()["data"]["results"]
    assert (row["is_search_all"], row["eligibility_result"]["status"]) == (True, "found")


def test_a_search_with_a_payer_that_failed_is_undetermined_and_never_a_no(client: Client) -> None:
    task_id = search(client)
    searches.start_due()
    reply(TPA002=NO, TPA004=DOWN)
    reply(INS012=NOBODY)
    shown = result(client, task_id)
    assert told(shown) == {
        "TPA002": "not_eligible",
        "TPA004": "invalid_credentials",
        "INS012": "member_not_found",
    }
    answer = shown["eligibility_result"]
    assert answer["status"] == "undetermined"
    assert answer["data_dump"]["data"]["is_eligible"] is None
    assert shown["found_results"] == 0


def test_a_search_that_nobody_answers_says_why(client: Client) -> None:
    task_id = search(client)
    searches.start_due()
    reply(TPA002=DOWN, TPA004=DOWN)
    reply(INS012=DOWN)
    shown = result(client, task_id)
    assert (shown["status"], shown["search_all_status"]) == ("failed", "SEARCH_ALL_COMPLETE")
    assert shown["eligibility_result"]["data_dump"]["error_type"] == "CredentialsError"
    assert shown["total_tpas_checked"] == 3


def test_searches_count_once_in_their_batch(client: Client, payer: WatchedPayer) -> None:
    Connection.objects.update(settings={"latency_ms": [0, 0]})
    script = {"title": "synthetic", "value": "at=INS012;outcome=eligible"}
    rows = [make_row(tpa_name="BOTH", client_reference=f"S{n}", extra_args=script) for n in (1, 2)]
    rows.append(make_row(client_reference="P"))
    body = {"requests": rows, "scheduled_for": "2020-01-01T00:00:00Z", "description": ""}
    batch_id = post(client, body, "/v2/api-integration/schedule-tasks").json()["data"]["batch_id"]
    drain_until_done(payer)
    data = client.get(f"/v2/api-integration/batch-results/{batch_id}").json()["data"]
    assert (data["total_tasks"], data["completed_tasks"], len(data["tasks"])) == (3, 3, 3)
    assert data["batch_status"] == "completed"
    assert [row["is_search_all"] for row in data["tasks"]] == [True, True, False]
    assert [row["eligibility_result"]["status"] for row in data["tasks"][:2]] == ["found", "found"]
    assert data["executed_at"] is not None
    assert EligibilityTask.objects.filter(parent__isnull=False).count() == 6


def test_a_path_of_a_search_is_no_task_of_the_callers(client: Client) -> None:
    search(client)
    searches.start_due()
    path = EligibilityTask.objects.filter(parent__isnull=False)[0]
    assert client.get(f"{RESULT}/{path.pk}").status_code == 404
