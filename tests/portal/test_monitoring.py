"""What monitors are told: alive, ready, and numbers without anything about a patient."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from eligibility.engine import health as engine_health
from eligibility.engine import metrics as engine_metrics
from eligibility.models import EligibilityTask, WorkerHost
from portal import health
from portal.health import Check
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import post
from tests.factories import make_portal, make_task

SENTINEL = "784-1999-7654321-9"


def test_a_process_that_answers_is_alive_without_a_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
class TestReady:
    def test_without_workers_it_is_degraded_and_takes_requests(self) -> None:
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert answer.json()["checks"]["workers"] == {"ok": False, "hosts": 0, "workers": 0}

    def test_with_a_host_that_beats_it_is_ready(self) -> None:
        WorkerHost.objects.create(
            id="h", name="h", pid=1, workers=3, started_at=Now(), seen_at=Now()
        )
        body = Client().get("/readyz").json()
        assert body["status"] == "ready"
        assert body["checks"]["database"]["ok"]
        assert body["checks"]["migrations"] == {"ok": True, "missing": 0}

    def test_due_rows_that_stand_still_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _, key = make_portal()
        post(Client(headers={"x-api-key": key}), {"requests": [make_row()]})
        assert engine_health.due_rows().ok
        EligibilityTask.objects.update(run_at="2020-01-01T00:00:00Z")
        check = engine_health.due_rows()
        assert not check.ok
        assert check.facts["oldest_seconds"] > engine_health.OLD

    def test_without_its_database_it_is_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            health, "_database", lambda: Check("database", ok=False, essential=True)
        )
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert set(answer.json()["checks"]) == {"database"}


def test_a_database_that_fails_is_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        vendor = "sqlite"

        def cursor(self) -> Any:
            raise DatabaseError

        def close(self) -> None:
            pass

    monkeypatch.setattr(health, "connection", Away())
    assert [check.ok for check in health.look()] == [False]


@pytest.mark.django_db
class TestMetrics:
    def test_they_tell_of_requests_rows_and_lanes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine_metrics, "_KEPT", -1.0)
        _, key = make_portal()
        client = Client(headers={"x-api-key": key})
        post(client, {"requests": [make_row(), make_row(client_reference="B")]})
        samples = read(client)
        assert samples[("eligibility_rows", ("state", "pending"))] == 2
        due = {
            value
            for (name, *labels), value in samples.items()
            if name == "eligibility_lane_depth" and ("line", "due") in labels
        }
        assert 2 in due
        assert any(name == "portal_http_requests_total" for name, *_ in samples)

    def test_they_tell_what_the_last_check_of_the_promises_found(self) -> None:
        clinic, _ = make_portal()
        client = Client()
        told = "eligibility_invariant_violations"
        assert not [name for name, *_ in read(client) if name == told]
        task = make_task(clinic, status="cancelled")
        with pytest.raises(CommandError):
            call_command("check_invariants", stdout=io.StringIO())
        samples = read(client)
        assert samples[(told, ("invariant", "I1"))] > 0
        assert samples[(told, ("invariant", "I11"))] == 0
        assert samples[("eligibility_invariant_examined", ("invariant", "I10"))] == 1
        assert samples[("eligibility_invariants_checked_at_seconds",)] > 1.7e9
        task.delete()
        call_command("check_invariants", stdout=io.StringIO())
        assert read(client)[(told, ("invariant", "I1"))] == 0

    def test_nothing_about_a_patient_is_in_them(self) -> None:
        _, key = make_portal()
        client = Client(headers={"x-api-key": key})
        post(client, {"requests": [make_row(id_value=SENTINEL)]})
        client.get(f"/v2/api-integration/eligibility-result/{SENTINEL}")
        text = client.get("/metrics").content.decode()
        assert SENTINEL not in text
        assert "eligibility-result/<str:task_id>" in text

    def test_they_are_for_this_machine_unless_there_is_a_token(self, settings: Any) -> None:
        assert Client(REMOTE_ADDR="192.0.2.1").get("/metrics").status_code == 403
        assert Client(headers={"x-forwarded-for": "192.0.2.1"}).get("/metrics").status_code == 403
        settings.METRICS_TOKEN = "a-token"
        assert Client().get("/metrics").status_code == 403
        sent = {"authorization": "Bearer a-token"}
        assert Client(REMOTE_ADDR="192.0.2.1", headers=sent).get("/metrics").status_code == 200


def read(client: Client) -> dict[tuple[Any, ...], float]:
    """(name, *labels) → value."""
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
