"""What staff do, done by programs: find, correct, retry, cancel, pause."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from eligibility.choices import Failure, Status
from eligibility.models import EligibilityTask, Payer, TaskRevision
from portal.models import Clinic, RejectedRow
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import JSON, SCHEDULE, bad_row, details, post
from tests.factories import make_portal

pytestmark = pytest.mark.django_db

BASE = "/v2/api-integration"
ROW = make_row(client_reference="")


def create(client: Client, *rows: dict[str, Any]) -> list[str]:
    """The ids of new tasks."""
    answer = post(client, {"requests": list(rows or (ROW,))})
    return [task["task_id"] for task in answer.json()["data"]["tasks"]]


def schedule(client: Client, *rows: dict[str, Any]) -> str:
    """The id of a new batch."""
    return str(
        post(client, {"requests": list(rows or (ROW,))}, SCHEDULE).json()["data"]["batch_id"]
    )


def do(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    """POST to a verb."""
    return client.post(f"{BASE}/{path}", body, content_type=JSON, headers=headers)


def patch(client: Client, path: str, body: Any, **headers: str) -> Any:
    """PATCH a row."""
    return client.patch(f"{BASE}/{path}", json.dumps(body), content_type=JSON, headers=headers)


def fail(*ids: str, failure: Failure = Failure.PAYER_UNAVAILABLE) -> None:
    """Let tasks have failed."""
    EligibilityTask.objects.filter(pk__in=ids).update(
        status=Status.FAILED, failure=failure, run_at=None, version=F("version") + 1
    )


class TestOneTask:
    def test_create_task_answers_under_the_keys_that_clients_know(self, client: Client) -> None:
        answer = do(client, "create-task", ROW).json()
        (task,) = EligibilityTask.objects.all()
        assert answer == {
            "success": True,
            "message": "Task created successfully",
            "data": {
                "task_id": str(task.pk),
                "status": "pending",
                "organization_api_task_db": {
                    "task_id_in_db": str(task.pk),
                    "task_id_in_celery": str(task.pk),
                    "status": "IN_QUEUE",
                },
            },
        }

    def test_a_search_says_that_it_is_one(self, client: Client) -> None:
        data = do(client, "create-task", ROW | {"tpa_name": "DHPO"}).json()["data"]
        assert data["organization_api_task_db"]["status"] == "SEARCH_ALL_PROCESSING"
        assert (data["is_search_all"], data["search_all_status"]) == (True, "SEARCH_ALL_PROCESSING")

    def test_a_bad_row_is_a_400_whose_pointers_begin_at_the_body(self, client: Client) -> None:
        refused = do(client, "create-task", ROW | {"tpa_name": "NOBODY"})
        assert refused.status_code == 400
        assert [(pointer, code) for _, pointer, code in details(refused)] == [
            ("/tpa_name", "tpa_name.unknown")
        ]
        assert not EligibilityTask.objects.exists()

    @pytest.mark.parametrize("body", ["[]", '"x"', "null", "1"])
    def test_what_is_no_object_is_a_400(self, client: Client, body: str) -> None:
        assert do(client, "create-task", body).status_code == 400

    def test_a_repeated_reference_says_replayed(self, client: Client) -> None:
        row = make_row(client_reference="A-1")
        first = do(client, "create-task?detail=full", row).json()["data"]
        again = do(client, "create-task?detail=full", row).json()["data"]
        assert (first["row_status"], again["row_status"]) == ("created", "replayed")
        assert first["task_id"] == again["task_id"]

    def test_a_dry_run_creates_nothing(self, client: Client) -> None:
        answer = do(client, "create-task?dry_run=true", ROW).json()
        assert answer["data"]["task_id"] is None
        assert not EligibilityTask.objects.exists()


class TestFindingTasks:
    def test_the_five_newest_are_a_bare_array_of_results(self, client: Client) -> None:
        ids = create(client, *[ROW] * 7)
        newest = client.get(f"{BASE}/last-5-tasks").json()
        assert [task["task_id"] for task in newest] == ids[:1:-1]
        assert newest[0] == client.get(f"{BASE}/eligibility-result/{ids[6]}").json()

    def test_pages_follow_each_other_without_gap_or_repeat(self, client: Client) -> None:
        ids = create(client, *[ROW] * 7)
        seen, cursor = [], ""
        for _ in range(3):
            page = client.get(f"{BASE}/tasks?limit=3{cursor}").json()
            seen += [task["task_id"] for task in page["items"]]
            create(client)
            cursor = f"&cursor={page['next']}"
        assert page["next"] is None
        assert seen == ids[::-1]

    def test_filters_narrow_the_list(self, client: Client) -> None:
        mine, other = create(client, make_row(client_reference="A-1"), ROW)
        fail(other)
        for query, expected in [
            ("status=failed", [other]),
            ("failure=payer_unavailable", [other]),
            ("client_reference=A-1", [mine]),
            (f"tpa_name={ROW['tpa_name'].lower()}&status=pending", [mine]),
            ("test_mode=true", []),
            ("created_since=2020-01-01T00:00:00Z", [other, mine]),
            ("updated_since=2090-01-01T00:00:00Z", []),
            ("service_date=2026-01-01&outcome=eligible&review=none", []),
        ]:
            items = client.get(f"{BASE}/tasks?{query}").json()["items"]
            assert [task["task_id"] for task in items] == expected, query

    @pytest.mark.parametrize(
        "query",
        [
            "status=lost", "colour=red", "batch_id=x", "service_date=1.1.2026", "test_mode=maybe",
            "created_since=soon", "limit=0", "limit=501", "limit=x", "cursor=abc", "status=%00",
        ],
    )  # fmt: skip
    def test_what_no_task_can_have_is_refused(self, client: Client, query: str) -> None:
        refused = client.get(f"{BASE}/tasks?{query}")
        assert refused.status_code == 400
        assert len(details(refused)) == 1

    def test_a_list_costs_the_same_queries_for_one_row_as_for_many(self, client: Client) -> None:
        create(client)
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(f"{BASE}/tasks")
        create(client, *[ROW] * 20)
        with CaptureQueriesContext(connection) as many:
            client.get(f"{BASE}/tasks")
        assert len(many) == len(few) <= 5


class TestCorrecting:
    def test_a_correction_is_a_revision_and_asks_again(self, client: Client) -> None:
        (task_id,) = create(client)
        fail(task_id, failure=Failure.INPUT_INVALID)
        fixed = patch(client, f"tasks/{task_id}", {"id_value": "SYN-ELIGIBLE-2"})
        assert fixed.status_code == 200
        task = EligibilityTask.objects.get()
        assert (fixed.json()["work"], fixed.json()["version"]) == ("pending", task.version)
        assert fixed.headers["ETag"] == f'"{task.version}"'
        assert TaskRevision.objects.get().changes
        assert (task.id_value, task.request_dump["id_value"]) == ("SYN-ELIGIBLE-2", ROW["id_value"])

    def test_two_editors_collide_with_a_412(self, client: Client) -> None:
        (task_id,) = create(client)
        tag = client.get(f"{BASE}/tasks/{task_id}").headers["ETag"]
        first = patch(client, f"tasks/{task_id}", {"name": "A"}, **{"if-match": tag})
        second = patch(client, f"tasks/{task_id}", {"name": "B"}, **{"if-match": tag})
        assert (first.status_code, second.status_code) == (200, 412)

    def test_a_wrong_correction_changes_nothing(self, client: Client) -> None:
        (task_id,) = create(client)
        refused = patch(client, f"tasks/{task_id}", {"visit_type": "NOWHERE"})
        assert refused.status_code == 400
        assert details(refused)[0][1] == "/visit_type"
        assert EligibilityTask.objects.get().version == 1

    def test_a_task_that_is_being_asked_cannot_be_corrected(self, client: Client) -> None:
        (task_id,) = create(client)
        EligibilityTask.objects.update(status=Status.RUNNING, lease_until="2090-01-01T00:00Z")
        assert patch(client, f"tasks/{task_id}", {"name": "A"}).status_code == 409


class TestVerbs:
    def test_a_failed_task_is_asked_again(self, client: Client) -> None:
        (task_id,) = create(client)
        fail(task_id)
        answer = do(client, f"tasks/{task_id}/retry")
        assert answer.status_code == 200
        assert answer.json()["data"]["task"]["work"] == "pending"
        again = do(client, f"tasks/{task_id}/retry")
        assert again.status_code == 409
        assert "already in line" in again.json()["message"]

    def test_a_waiting_task_is_cancelled_once(self, client: Client) -> None:
        (task_id,) = create(client)
        assert do(client, f"tasks/{task_id}/cancel").json()["data"]["task"]["work"] == "cancelled"
        assert do(client, f"tasks/{task_id}/cancel").status_code == 409

    def test_many_are_asked_again_by_id_and_by_filter(self, client: Client) -> None:
        ids = create(client, *[ROW] * 4)
        fail(*ids[:3])
        named = do(client, "tasks/bulk/retry", {"task_ids": [ids[0], ids[3], "nothing"]}).json()
        assert named["data"] == {"moved": 1, "stayed": {"already in line": 1}}
        dry = do(client, "tasks/bulk/retry?dry_run=true", {"filter": {"status": "failed"}}).json()
        assert dry["data"]["moved"] == 2
        found = do(client, "tasks/bulk/retry", {"filter": {"status": "failed"}}).json()
        assert found["data"] == {"moved": 2, "stayed": {}}
        assert not EligibilityTask.objects.filter(status=Status.FAILED).exists()

    @pytest.mark.parametrize(
        "body", [{}, {"filter": {}}, {"filter": []}, {"filter": {"status": None}},
                 {"task_ids": [1]}, {"task_ids": []}, {"task_ids": ["x"], "filter": {"a": "b"}},
                 {"filter": {"status": ["failed"]}}],
    )  # fmt: skip
    def test_nobody_retries_everything_by_accident(self, client: Client, body: Any) -> None:
        assert do(client, "tasks/bulk/retry", body).status_code == 400

    def test_a_batch_is_paused_resumed_and_cancelled(self, client: Client) -> None:
        batch_id = schedule(client, ROW, ROW)
        paused = do(client, f"batches/{batch_id}/pause").json()["data"]
        assert (paused["batch"]["batch_status"], paused["rows"]) == ("paused", 2)
        assert not EligibilityTask.objects.filter(run_at__isnull=False).exists()
        resumed = do(client, f"batches/{batch_id}/resume").json()["data"]
        assert resumed["batch"]["batch_status"] == "processing"
        cancelled = do(client, f"batches/{batch_id}/cancel").json()["data"]
        assert (cancelled["batch"]["batch_status"], cancelled["rows"]) == ("cancelled", 2)
        assert do(client, f"batches/{batch_id}/pause").status_code == 409

    def test_batches_are_listed_newest_first(self, client: Client) -> None:
        ids = [schedule(client) for _ in range(3)]
        page = client.get(f"{BASE}/batches?limit=2").json()
        rest = client.get(f"{BASE}/batches?limit=2&cursor={page['next']}").json()
        assert [each["batch_id"] for each in page["items"] + rest["items"]] == ids[::-1]
        one = client.get(f"{BASE}/batches/{ids[0]}").json()
        assert one == rest["items"][0]
        assert (one["total_tasks"], one["completed_tasks"]) == (1, 0)


class TestRejectedRows:
    @pytest.fixture
    def submission(self, client: Client) -> str:
        """Two good rows, two bad ones."""
        bad = bad_row(client_reference="")
        rows = [ROW, bad, ROW, bad]
        return str(post(client, {"requests": rows}).json()["data"]["submission_id"])

    def test_they_are_read_at_their_lines(self, client: Client, submission: str) -> None:
        shown = client.get(f"{BASE}/submissions/{submission}").json()
        assert (shown["total_rows"], shown["rejected_rows"], shown["open_rows"]) == (4, 2, 2)
        assert [row["line"] for row in shown["items"]] == [1, 3]
        assert shown["items"][0]["errors"][0]["code"] == "tpa_name.unknown"

    def test_one_is_fixed_at_its_line(self, client: Client, submission: str) -> None:
        path = f"submissions/{submission}/rows/3"
        still_wrong = patch(client, path, {"tpa_name": "NOBODY2"})
        assert still_wrong.status_code == 400
        fixed = patch(client, path, {"tpa_name": "TPA002"}, **{"if-match": '"1"'}).json()
        assert fixed["state"] == "accepted"
        assert EligibilityTask.objects.get(line=3).pk.hex == fixed["task_id"].replace("-", "")
        assert patch(client, path, {"tpa_name": "TPA002"}).status_code == 409
        assert patch(client, path, {}, **{"if-match": '"1"'}).status_code == 412
        left = client.get(f"{BASE}/submissions/{submission}?rows=all").json()
        assert [row["state"] for row in left["items"]] == ["open", "accepted"]

    def test_what_has_become_right_is_accepted_by_resubmitting(
        self, client: Client, submission: str
    ) -> None:
        good = ROW | {"client_reference": "B-1"}
        RejectedRow.objects.filter(line=1).update(raw=good)
        answer = do(client, f"submissions/{submission}/resubmit").json()
        assert answer["data"] == {
            "moved": 1,
            "stayed": {"still wrong under the rules of today": 1},
        }
        assert EligibilityTask.objects.get(line=1).client_reference == "B-1"
        assert RejectedRow.objects.open().get().line == 3

    @pytest.mark.parametrize("line", ["0", "x", "99999999999", "-1"])
    def test_a_line_that_was_not_rejected_is_not_there(
        self, client: Client, submission: str, line: str
    ) -> None:
        assert patch(client, f"submissions/{submission}/rows/{line}", {}).status_code == 404


def test_what_is_anothers_is_not_there(client: Client, portal: tuple[Clinic, Client]) -> None:
    batch_id = schedule(client, ROW, bad_row())
    task_id = str(EligibilityTask.objects.get().pk)
    submission = str(RejectedRow.objects.get().submission_id)
    _, key = make_portal()
    stranger = Client(headers={"x-api-key": key})
    for path in (f"tasks/{task_id}", f"batches/{batch_id}", f"submissions/{submission}"):
        assert stranger.get(f"{BASE}/{path}").status_code == 404
    for path in (
        f"tasks/{task_id}/retry", f"tasks/{task_id}/cancel", f"batches/{batch_id}/pause",
        f"batches/{batch_id}/resume", f"batches/{batch_id}/cancel",
        f"submissions/{submission}/resubmit",
    ):  # fmt: skip
        assert do(stranger, path).status_code == 404
    assert patch(stranger, f"tasks/{task_id}", {}).status_code == 404
    assert patch(stranger, f"submissions/{submission}/rows/1", {}).status_code == 404
    assert stranger.get(f"{BASE}/tasks").json()["items"] == []
    assert stranger.get(f"{BASE}/batches").json()["items"] == []
    assert stranger.get(f"{BASE}/last-5-tasks").json() == []
    retried = do(stranger, "tasks/bulk/retry", {"task_ids": [task_id]}).json()
    assert retried["data"] == {"moved": 0, "stayed": {}}


class TestPayers:
    def test_all_payers_in_use_are_listed_by_code(self, client: Client) -> None:
        Payer.objects.filter(code="TPA003").update(is_active=False)
        page = client.get(f"{BASE}/payers").json()
        codes = [payer["code"] for payer in page["items"]]
        assert codes == sorted(codes)
        assert "TPA002" in codes
        assert "TPA003" not in codes
        assert page["next"] is None

    def test_a_payers_rules_are_what_staff_have_made_of_them(self, client: Client) -> None:
        Payer.objects.filter(code="TPA002").update(visit_types=["DENTAL"])
        shown = client.get(f"{BASE}/payers/tpa002").json()
        assert shown["visit_types"] == ["DENTAL"]
        assert shown["json_schema"]["properties"]["visit_type"] == {"enum": ["DENTAL"]}

    @pytest.mark.parametrize("code", ["NOBODY", "%00", "TPA003x"])
    def test_one_that_is_not_there_is_a_404(self, client: Client, code: str) -> None:
        assert client.get(f"{BASE}/payers/{code}").status_code == 404
