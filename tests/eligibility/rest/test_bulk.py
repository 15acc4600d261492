"""Seeds 1 and 2 over REST: accepted rows, rejected rows, repeats, options, schedules."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.models import Batch, Connection, EligibilityTask
from eligibility.openapi import created as shapes
from portal.models import Clinic, RejectedRow, Submission
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import (
    CREATE,
    SCHEDULE,
    SEED_1,
    SEED_2,
    UUID_TEXT,
    bad_row,
    details,
    post,
)
from tests.factories import make_result

pytestmark = pytest.mark.django_db


class TestTheDocumentsExamples:
    def test_create_tasks_answers_seed_1_to_the_letter(self, client: Client) -> None:
        response = post(client, SEED_1)
        assert response.status_code == 200
        body = response.json()
        ids = [task["task_id"] for task in body["data"]["tasks"]]
        assert len({UUID(each) for each in ids}) == 2
        expected = {
            "success": True,
            "message": "Bulk tasks created successfully. 2 tasks created.",
            "data": {
                "tasks": [
                    {
                        "task_id": ids[0],
                        "status": "pending",
                        "patient_info": {
                            "name": None,
                            "id_value": "784-XXXX-XXXXXXX-X",
                            "tpa_name": "TPA002",
                        },
                        "is_search_all": False,
                    },
                    {
                        "task_id": ids[1],
                        "status": "pending",
                        "patient_info": {
                            "name": None,
                            "id_value": "784-YYYY-YYYYYYY-Y",
                            "tpa_name": "TPA002",
                        },
                        "is_search_all": False,
                    },
                ],
                "total_created": 2,
            },
        }
        assert json.dumps(body) == json.dumps(expected)  # the order of the keys, too

    def test_schedule_tasks_answers_seed_2_to_the_letter(self, client: Client) -> None:
        response = post(client, SEED_2, SCHEDULE)
        assert response.status_code == 200
        body = response.json()
        batch_id = body["data"]["batch_id"]
        assert json.dumps(body["data"]) == json.dumps({"batch_id": batch_id, "total_scheduled": 2})
        assert list(body) == ["success", "message", "data"]
        said = re.fullmatch(
            rf"Tasks scheduled successfully\. 2 tasks scheduled with batch ID: ({UUID_TEXT})\. "
            r"Results expected by (\d{4}-\d\d-\d\dT\d\d:\d[05]:00\+04:00)\.",
            body["message"],
        )
        assert said is not None
        assert said[1] == batch_id
        assert datetime.fromisoformat(said[2]) > timezone.now()
        batch = Batch.objects.get(pk=batch_id)
        assert batch.description == "Morning batch for clinic A"

    def test_a_search_says_that_it_is_one(self, client: Client) -> None:
        tasks = post(client, {"requests": [make_row(tpa_name="BOTH")]}).json()["data"]["tasks"]
        assert tasks[0]["is_search_all"] is True
        assert tasks[0]["patient_info"]["name"] == "Ali Farouk"
        assert tasks[0]["patient_info"]["tpa_name"] == "BOTH"

    def test_the_answers_have_the_published_shapes(self, client: Client) -> None:
        rows = {"requests": [make_row(), bad_row()]}
        for options in ("", "?detail=full", "?dry_run=true"):
            shapes.BulkCreated.model_validate(post(client, rows, CREATE + options).json())
            shapes.BatchScheduled.model_validate(post(client, rows, SCHEDULE + options).json())


class TestRowsGoodAndBad:
    def test_good_rows_are_created_and_bad_ones_are_kept(
        self, portal: tuple[Clinic, Client]
    ) -> None:
        clinic, client = portal
        response = post(client, {"requests": [make_row("client_reference"), bad_row(), 7]})
        assert response.status_code == 200
        data = response.json()["data"]
        assert list(data) == ["tasks", "total_created", "total_errors", "errors", "submission_id"]
        assert (data["total_created"], data["total_errors"]) == (1, 2)
        places = [(entry["row"], entry["pointer"]) for entry in data["errors"]]
        assert places[0] == (1, "/requests/1/tpa_name")
        assert (2, "/requests/2") in places
        submission = Submission.objects.get(pk=data["submission_id"])
        assert submission.team_id == clinic.team_id
        assert list(RejectedRow.objects.values_list("line", flat=True).order_by("line")) == [1, 2]

    def test_when_every_row_is_bad_the_answer_is_a_400_and_nothing_is_kept(
        self, client: Client
    ) -> None:
        for path in (CREATE, SCHEDULE):
            response = post(client, {"requests": [bad_row(), bad_row()]}, path)
            assert response.status_code == 400
            assert response.json()["message"] == "2 of 2 rows were rejected."
            assert response.json()["error"]["code"] == "INVALID_REQUEST"
            assert [row for row, _, _ in details(response)] == [0, 1]
        assert not RejectedRow.objects.exists()
        assert not EligibilityTask.objects.exists()
        assert not Batch.objects.exists()

    def test_strict_handling_creates_all_or_nothing(self, client: Client) -> None:
        mixed = {"requests": [make_row(), bad_row()]}
        response = post(client, mixed, prefer="handling=strict")
        assert response.status_code == 400
        assert [row for row, _, _ in details(response)] == [1]
        assert not EligibilityTask.objects.exists()
        fine = post(client, {"requests": [make_row()]}, prefer="handling=strict")
        assert fine.status_code == 200
        assert fine.headers["Preference-Applied"] == "handling=strict"

    def test_a_dry_run_counts_like_a_real_one_and_creates_nothing(self, client: Client) -> None:
        rows = {"requests": [make_row(), bad_row(), make_row(client_reference="x")]}
        for path, count in ((CREATE, "total_created"), (SCHEDULE, "total_scheduled")):
            dry = post(client, rows, f"{path}?dry_run=true")
            assert dry.status_code == 200
            assert not EligibilityTask.objects.exists()
            assert not Submission.objects.exists()
            data = dry.json()["data"]
            assert (data[count], data["total_errors"]) == (2, 1)
            assert data["submission_id"] is None
            assert data.get("batch_id") is None
            assert all(task["task_id"] is None for task in data.get("tasks", []))
        real = post(client, rows).json()["data"]
        assert (real["total_created"], real["total_errors"]) == (2, 1)

    def test_a_repeated_reference_is_replayed_and_full_detail_says_so(self, client: Client) -> None:
        rows = {"requests": [make_row(client_reference="A"), make_row("client_reference")]}
        first = post(client, rows, f"{CREATE}?detail=full").json()["data"]["tasks"]
        again = post(client, rows, f"{CREATE}?detail=full").json()["data"]["tasks"]
        assert [task["row_status"] for task in first] == ["created", "created"]
        assert [task["row_status"] for task in again] == ["replayed", "created"]
        assert again[0]["task_id"] == first[0]["task_id"]
        assert again[1]["task_id"] != first[1]["task_id"]
        assert EligibilityTask.objects.count() == 3

    def test_doubts_are_shown_in_full_detail_and_refused_by_the_strict_profile(
        self, client: Client
    ) -> None:
        doubtful = {"requests": [make_row(), make_row(dob="13/13/2020", client_reference="B")]}
        tasks = post(client, doubtful, f"{CREATE}?detail=full").json()["data"]["tasks"]
        assert tasks[0]["warnings"] == []
        assert tasks[1]["index"] == 1
        assert tasks[1]["warnings"][0]["pointer"] == "/requests/1/dob"
        strict = post(client, doubtful, f"{CREATE}?profile=strict").json()["data"]
        assert strict["total_errors"] == 1

    @pytest.mark.parametrize(
        "hostile",
        [
            b'"\\u0000"',
            b'"\\ud800"',
            b'{"a": "\\uDFFF"}',
            b"1e999",
            b"NaN",
            b"9" * 5000,
            b"[" * 60 + b"]" * 60,
            b'{"\\ud800": 1}',
        ],
    )
    @pytest.mark.parametrize("field", ["name", "extra_args", "unknown"])
    def test_what_cannot_be_stored_is_its_rows_error_alone(
        self, client: Client, hostile: bytes, field: str
    ) -> None:
        rows = json.dumps({"requests": [make_row(), make_row("client_reference", **{field: "@"})]})
        response = post(client, rows.encode().replace(b'"@"', hostile))
        assert response.status_code == 200
        data = response.json()["data"]
        assert (data["total_created"], data["total_errors"]) == (1, 1)
        assert {entry["row"] for entry in data["errors"]} == {1}
        assert RejectedRow.objects.count() == 1

    def test_10_000_rows_take_as_many_queries_as_ten(self, client: Client) -> None:
        counts = []
        for total in (10, 2_000):
            rows = [make_row(client_reference=f"{total}-{n}") for n in range(total)]
            with CaptureQueriesContext(connection) as queries:
                assert post(client, {"requests": rows}).status_code == 200
            counts.append(len(queries))
        assert counts[1] <= counts[0]


class TestSchedules:
    def test_a_schedule_waits_for_its_hour(self, client: Client) -> None:
        hour = timezone.now() + timedelta(days=1)
        body = {"requests": [make_row()], "scheduled_for": hour.isoformat()}
        response = post(client, body, SCHEDULE).json()
        assert EligibilityTask.objects.get().run_at == hour
        expected = response["message"].partition("expected by ")[2].rstrip(".")
        assert datetime.fromisoformat(expected) >= hour

    def test_an_hour_without_a_zone_is_the_clinics(self, client: Client) -> None:
        tomorrow = (timezone.now() + timedelta(days=2)).date()
        body = {"requests": [make_row()], "scheduled_for": f"{tomorrow}T06:00:00"}
        post(client, body, SCHEDULE)
        run_at = EligibilityTask.objects.get().run_at
        assert run_at is not None
        assert run_at.isoformat() == f"{tomorrow}T02:00:00+00:00"

    @pytest.mark.parametrize("when", [None, "", "2025-01-01T10:00:00Z"])
    def test_an_absent_or_past_hour_is_now(self, client: Client, when: str | None) -> None:
        post(client, {"requests": [make_row()], "scheduled_for": when}, SCHEDULE)
        run_at = EligibilityTask.objects.get().run_at
        assert run_at is not None
        assert abs(run_at - timezone.now()) < timedelta(minutes=1)


class TestAFreshAnswer:
    def test_full_detail_says_that_a_row_was_reused_and_how_old_its_answer_is(
        self, client: Client, portal: tuple[Clinic, Client]
    ) -> None:
        lane = Connection.objects.get(team=portal[0].team, payer__code="TPA004")
        Connection.objects.filter(pk=lane.pk).update(freshness={"*": "day"})
        first = post(client, {"requests": [make_row()]}).json()["data"]["tasks"][0]
        make_result(EligibilityTask.objects.get(pk=first["task_id"]))
        body = {"requests": [make_row(client_reference="B"), make_row(), bad_row()]}
        answer = post(client, body, f"{CREATE}?detail=full").json()
        shapes.BulkCreated.model_validate(answer)
        reused, replayed = answer["data"]["tasks"]
        assert (reused["row_status"], replayed["row_status"]) == ("reused", "replayed")
        assert 0 <= reused["age_seconds"] < 60
        assert reused["status"] == replayed["status"] == "pending"
        assert "age_seconds" not in replayed
        assert answer["data"]["total_created"] == 2

    def test_its_result_is_there_at_once_under_the_documented_keys_only(
        self, client: Client, portal: tuple[Clinic, Client]
    ) -> None:
        Connection.objects.filter(team=portal[0].team).update(freshness={"*": "day"})
        ids = []
        for reference in ("A", "B"):
            rows = [make_row(client_reference=reference)]
            ids.append(post(client, {"requests": rows}).json()["data"]["tasks"][0]["task_id"])
            if reference == "A":
                make_result(EligibilityTask.objects.get(pk=ids[0]))
        shown = [
            client.get(f"/v2/api-integration/eligibility-result/{each}").json() for each in ids
        ]
        assert shown[0].keys() == shown[1].keys()
        results = [each["eligibility_result"] for each in shown]
        assert results[0].keys() == results[1].keys()
        assert [each["status"] for each in results] == ["found", "found"]
        assert results[1]["created_at"] == results[0]["created_at"]
        assert results[1]["task_id"] == ids[1]
