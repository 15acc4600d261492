"""Results and batches over REST: who sees what, in which order, at what cost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.models import Batch, EligibilityTask
from eligibility.openapi import results as shapes
from eligibility.views import checks as views
from portal.models import Clinic
from tests.factories import make_clinic, make_key, make_result, make_task

pytestmark = pytest.mark.django_db

QUOTA = 1 if connection.vendor == "postgresql" else 0
"""Calls are counted in the same database there, and in a file of their own elsewhere."""

BOTH_PREFIXES = ["/v2/api-integration", "/v2/api-integration-v2"]
RESULTS = "/v2/api-integration/bulk/get-results"
BATCH = "/v2/api-integration/batch-results"
NO_IDS = ["nothing", "7", "{}", "%00", "é", "x" * 300, f"urn:uuid:{UUID(int=7)}", UUID(int=7).hex]


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


@pytest.fixture
def client(clinic: Clinic) -> Client:
    _, text = make_key(clinic)
    client = Client(headers={"x-api-key": text})
    client.get("/v2/api-integration/eligibility-result/x")  # the key's first use is noted
    return client


def fetch(client: Client, ids: Any) -> Any:
    return client.post(RESULTS, json.dumps({"task_ids": ids}), content_type="application/json")


def make_batch(clinic: Clinic, rows: int, **fields: Any) -> Batch:
    batch = Batch.objects.create(team=clinic.team, clinic=clinic, **fields)
    for line in range(rows):
        make_task(clinic, batch=batch, line=line)
    return batch


class TestOneResult:
    @pytest.mark.parametrize("prefix", BOTH_PREFIXES)
    def test_a_task_is_shown_at_both_addresses_without_an_envelope(
        self, client: Client, clinic: Clinic, prefix: str
    ) -> None:
        task = make_task(clinic)
        response = client.get(f"{prefix}/eligibility-result/{task.pk}")
        assert response.status_code == 200
        assert response.json()["status"] == "IN_QUEUE"
        assert response.json()["request_dump"] == {"id_value": "784-1986-9027382-9"}
        shapes.EligibilityResult.model_validate_json(response.content)

    def test_an_answered_task_shows_its_answer(self, client: Client, clinic: Clinic) -> None:
        task = make_task(clinic)
        make_result(task, payer_code="TPA009", policy={"plan": "Gold"})
        response = client.get(f"{BOTH_PREFIXES[0]}/eligibility-result/{task.pk}")
        dump = response.json()["eligibility_result"]["data_dump"]
        assert dump["tpa"] == "TPA009"
        assert dump["data"]["policy_network"]["policy_plan_name"] == "Gold"
        shapes.EligibilityResult.model_validate_json(response.content)

    @pytest.mark.parametrize("prefix", BOTH_PREFIXES)
    @pytest.mark.parametrize("text", NO_IDS)
    def test_an_id_that_is_none_is_a_404(self, client: Client, prefix: str, text: str) -> None:
        response = client.get(f"{prefix}/eligibility-result/{text}")
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "NOT_FOUND"

    def test_a_row_of_others_is_a_404_like_one_that_is_not_there(
        self, client: Client, clinic: Clinic
    ) -> None:
        parent = make_task(clinic)
        hidden = [
            make_task(make_clinic()),
            make_task(make_clinic(clinic.team)),
            make_task(clinic, parent=parent),
        ]
        nobodys = client.get(f"{BOTH_PREFIXES[0]}/eligibility-result/{uuid4()}").json()
        for task in hidden:
            answer = client.get(f"{BOTH_PREFIXES[0]}/eligibility-result/{task.pk}").json()
            assert answer["error"] == nobodys["error"]

    def test_a_key_without_the_scope_reads_nothing(self, clinic: Clinic) -> None:
        _, text = make_key(clinic, scopes=["eligibility:write"])
        client = Client(headers={"x-api-key": text})
        assert client.get(f"{BATCH}/{uuid4()}").status_code == 403
        assert client.get(f"{BOTH_PREFIXES[0]}/eligibility-result/{uuid4()}").status_code == 403
        assert fetch(client, []).status_code == 403


class TestManyResults:
    def test_every_id_is_answered_in_the_order_asked(self, client: Client, clinic: Clinic) -> None:
        tasks = [make_task(clinic) for _ in range(3)]
        make_result(tasks[1])
        asked = [str(tasks[2].pk), "nonsense", str(tasks[1].pk), str(tasks[1].pk), "\ud800", ""]
        response = fetch(client, asked)
        assert response.status_code == 200
        body = response.json()
        assert list(body) == ["success", "message", "data"]
        assert body["message"] == "Bulk results fetched successfully."
        rows = body["data"]["results"]
        assert [row["task_id"] for row in rows] == asked
        assert [row["status"] for row in rows] == [
            "IN_QUEUE",
            "not_found",
            "PROCESS_COMPLETE",
            "PROCESS_COMPLETE",
            "not_found",
            "not_found",
        ]
        assert rows[2]["eligibility_result"]["status"] == "found"
        shapes.BulkResults.model_validate(body)

    def test_rows_of_others_are_not_found(self, client: Client, clinic: Clinic) -> None:
        foreign = [make_task(make_clinic()), make_task(make_clinic(clinic.team))]
        rows = fetch(client, [str(task.pk) for task in foreign]).json()["data"]["results"]
        assert [list(row.values())[1:] for row in rows] == [["not_found", None]] * 2

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({}, "task_ids.missing"),
            ({"task_ids": "x"}, "task_ids.type"),
            ({"task_ids": [7]}, "task_ids.type"),
            ({"task_ids": [None]}, "task_ids.type"),
            ({"task_ids": [["x"]]}, "task_ids.type"),
            ([], "body.type"),
        ],
    )
    def test_the_wrong_shape_is_a_400(self, client: Client, body: Any, code: str) -> None:
        response = client.post(RESULTS, json.dumps(body), content_type="application/json")
        assert response.status_code == 400
        assert response.json()["error"]["details"][0]["code"] == code

    def test_none_asked_is_none_answered(self, client: Client) -> None:
        assert fetch(client, []).json()["data"] == {"results": []}

    def test_10_000_ids_cost_as_many_queries_as_one(self, client: Client, clinic: Clinic) -> None:
        task = make_task(clinic)
        counts = []
        for total in (0, 9_999):
            ids = [str(task.pk), *(str(uuid4()) for _ in range(total))]
            with CaptureQueriesContext(connection) as queries:
                response = fetch(client, ids)
            assert response.json()["data"]["results"][0]["status"] == "IN_QUEUE"
            counts.append(len(queries))
        assert counts == [3 + QUOTA, 3 + QUOTA]
        assert fetch(client, ["x"] * 10_001).status_code == 413


class TestBatches:
    def test_a_batch_has_the_contracts_keys(self, client: Client, clinic: Clinic) -> None:
        batch = make_batch(clinic, 2, description="Morning batch")
        response = client.get(f"{BATCH}/{batch.pk}")
        body = response.json()
        assert body["message"] == f"Batch results fetched successfully for batch ID: {batch.pk}"
        assert list(body["data"]) == [
            "batch_id",
            "batch_status",
            "description",
            "scheduled_for",
            "executed_at",
            "completed_at",
            "total_tasks",
            "completed_tasks",
            "tasks",
        ]
        assert body["data"]["description"] == "Morning batch"
        shapes.BatchResults.model_validate_json(response.content)

    def test_a_batch_goes_from_scheduled_to_completed(self, client: Client, clinic: Clinic) -> None:
        hour = timezone.now() + timedelta(hours=1)
        batch = make_batch(clinic, 2, scheduled_for=hour)

        def data() -> Any:
            return client.get(f"{BATCH}/{batch.pk}").json()["data"]

        assert data()["batch_status"] == "scheduled"
        assert data()["scheduled_for"] == hour.isoformat()
        assert data()["executed_at"] is None
        first, second = EligibilityTask.objects.filter(batch=batch).order_by("line")
        make_result(first)
        half = data()
        assert half["batch_status"] == "processing"
        assert (half["completed_tasks"], half["completed_at"]) == (1, None)
        assert half["executed_at"] is not None
        EligibilityTask.objects.filter(pk=second.pk).update(
            status="failed", failure="timeout", finished_at=timezone.now()
        )
        whole = data()
        assert whole["batch_status"] == "completed"
        assert (whole["total_tasks"], whole["completed_tasks"]) == (2, 2)
        assert whole["completed_at"] is not None

    def test_a_paused_and_a_cancelled_batch_say_so(self, client: Client, clinic: Clinic) -> None:
        paused = make_batch(clinic, 1, paused_at=timezone.now())
        cancelled = make_batch(clinic, 1, cancelled_at=timezone.now())
        EligibilityTask.objects.filter(batch=cancelled).update(status="cancelled")
        found = [
            client.get(f"{BATCH}/{batch.pk}").json()["data"]["batch_status"]
            for batch in (paused, cancelled)
        ]
        assert found == ["paused", "cancelled"]

    def test_children_of_a_search_are_no_rows_of_the_batch(
        self, client: Client, clinic: Clinic
    ) -> None:
        batch = make_batch(clinic, 1)
        make_task(clinic, batch=batch, line=0, parent=EligibilityTask.objects.get())
        data = client.get(f"{BATCH}/{batch.pk}").json()["data"]
        assert data["total_tasks"] == len(data["tasks"]) == 1

    @pytest.mark.parametrize("text", NO_IDS)
    def test_an_id_that_is_none_is_a_404(self, client: Client, text: str) -> None:
        assert client.get(f"{BATCH}/{text}").status_code == 404

    def test_a_batch_of_others_is_a_404(self, client: Client, clinic: Clinic) -> None:
        for foreign in (make_clinic(), make_clinic(clinic.team)):
            assert client.get(f"{BATCH}/{make_batch(foreign, 0).pk}").status_code == 404

    def test_a_large_batch_comes_in_pages_of_a_constant_cost(
        self, client: Client, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "PAGE", 4)
        batch = make_batch(clinic, 10)
        lines, address, costs = [], f"{BATCH}/{batch.pk}", []
        cursor: str | None = ""
        while cursor is not None:
            with CaptureQueriesContext(connection) as queries:
                response = client.get(address + (f"?cursor={cursor}" if cursor else ""))
            data = response.json()["data"]
            assert data["total_tasks"] == 10
            lines += [row["task_id"] for row in data["tasks"]]
            cursor = data["next"]
            costs.append(len(queries))
        in_order = EligibilityTask.objects.filter(batch=batch).order_by("line")
        assert lines == [str(task.pk) for task in in_order]
        assert len(costs) == 3
        assert max(costs) <= 5 + QUOTA

    def test_a_batch_of_one_page_has_no_next(
        self, client: Client, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "PAGE", 4)
        data = client.get(f"{BATCH}/{make_batch(clinic, 4).pk}").json()["data"]
        assert "next" not in data

    @pytest.mark.parametrize("cursor", ["", "x", "%00", "bGluZTotMQ"])
    def test_a_malformed_cursor_is_a_400(self, client: Client, clinic: Clinic, cursor: str) -> None:
        response = client.get(f"{BATCH}/{make_batch(clinic, 1).pk}?cursor={cursor}")
        assert response.status_code == 400
        assert response.json()["error"]["details"][0]["code"] == "cursor.malformed"


def test_health_needs_no_key_and_no_database(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/v2/api-integration/health")
    assert response.status_code == 200
    assert list(response.json()) == ["status", "timestamp"]
    assert response.json()["status"] == "healthy"
