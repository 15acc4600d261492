"""A patient's name, number and phone stay in the rows, whatever goes wrong around them.

The data is committed: a cluster's worker closes a connection that is in a transaction.
"""

from __future__ import annotations

import logging
import queue
import traceback
from multiprocessing import Value
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ
from django_q.models import Task as KeptJob
from django_q.monitor import monitor
from django_q.signing import SignedPackage
from django_q.worker import worker

from eligibility import jobs
from eligibility.connectors import registry as connectors
from eligibility.connectors.base import Call, Done, Failed, Pending, Query
from eligibility.connectors.synthetic import SyntheticConnector
from eligibility.models import (
    Attempt,
    Connection,
    DrainSlot,
    EligibilityTask,
    TaskEvent,
    WorkerHost,
)
from eligibility.operations.rows import COLUMNS, RowBuilder
from tests.cast import Cast
from tests.eligibility.operations.doing import bad, create, row

PATIENT: dict[str, Any] = {
    "name": "Zubaida Quillfeather",
    "id_value": "784-1931-7654321-9",
    "phone": "0509876543",
    "dob": "1931-02-03",
}
TELLTALE = ("zubaida", "quillfeather", "7654321", "784193176543219", "9876543", "1931-02-03")


def silent(text: object) -> bool:
    """Whether this text tells nothing of the patient."""
    return not any(sign in str(text).lower() for sign in TELLTALE)


class LeakyConnector(SyntheticConnector):
    """A connector that breaks, and says everything when it does."""

    name = "leaky"

    async def submit(self, call: Call, query: Query, settings: Any) -> Done | Pending | Failed:
        """Never come back in order."""
        raise ValueError(f"cannot ask for {query.name}, {query.id_value}, {query.phone}")


@pytest.fixture(autouse=True)
def _ready(
    committed_cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running host, every log line kept, and payers that break."""
    caplog.set_level(logging.DEBUG)
    now = timezone.now()
    host = WorkerHost.objects.create(
        id="h", name="h", pid=1, workers=2, started_at=now, seen_at=now
    )
    DrainSlot.objects.create(host=host, number=0)
    monkeypatch.setitem(connectors.CONNECTORS, LeakyConnector.name, LeakyConnector())
    Connection.objects.update(connector=LeakyConnector.name, max_conversations=1)


@pytest.fixture
def broken_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every row break a constraint of the database, which then shows the row."""
    build = RowBuilder.build
    place = COLUMNS.index("priority")

    def build_wrong(self: RowBuilder, *arguments: Any) -> tuple[Any, ...]:
        values = build(self, *arguments)
        return (*values[:place], 9, *values[place + 1 :])

    monkeypatch.setattr(RowBuilder, "build", build_wrong)


def work_off() -> int:
    """Do the queued jobs as a cluster does, up to what it keeps. Returns how many there were."""
    waiting: queue.Queue[Any] = queue.Queue()
    finished: queue.Queue[Any] = queue.Queue()
    packages = [job.payload for job in OrmQ.objects.all()]
    for package in packages:
        waiting.put(SignedPackage.loads(package))
    waiting.put("STOP")
    worker(waiting, finished, Value("f", -1))
    finished.put("STOP")
    monitor(finished)
    return len(packages)


def test_accepted_and_rejected_rows_are_silent(committed_cast: Cast, caplog: Any) -> None:
    create(committed_cast.us.first, row("A", **PATIENT), bad("B", **PATIENT), {**PATIENT, "dob": 5})
    assert EligibilityTask.objects.get().name == PATIENT["name"]
    assert silent(caplog.text)
    assert OrmQ.objects.count() == 1
    for job in OrmQ.objects.all():
        assert silent(job.payload)
        assert silent(job.task)
        assert silent(job)


def test_rows_call_themselves_by_numbers_only(committed_cast: Cast) -> None:
    create(committed_cast.us.first, row("A", **PATIENT), bad("B", **PATIENT))
    work_off()
    seen = 0
    for label in ("portal", "eligibility"):
        for model in apps.get_app_config(label).get_models():
            for stored in model._default_manager.all():
                assert silent(f"{stored} {stored!r}")
                seen += 1
    assert seen > 50


def test_a_connector_that_breaks_says_only_what_kind_of_error(
    committed_cast: Cast, caplog: Any
) -> None:
    create(committed_cast.us.first, row("A", **PATIENT))
    assert work_off() == 1
    task = EligibilityTask.objects.get()
    assert task.status == "failed"
    assert silent(task.failure_message)
    attempt = Attempt.objects.get()
    assert silent(f"{attempt.code} {attempt.message} {attempt.raw}")
    assert all(silent(event.note) for event in TaskEvent.objects.all())
    assert "ValueError" in caplog.text
    assert silent(caplog.text)


def test_a_job_that_breaks_keeps_only_the_place(
    committed_cast: Cast, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any) -> int:
        raise IntegrityError(f"DETAIL: Failing row contains ({', '.join(PATIENT.values())})")

    monkeypatch.setattr(jobs.Drain, "run", fail)
    create(committed_cast.us.first, row("A", **PATIENT))
    assert work_off() == 1
    kept = KeptJob.objects.get()
    assert not kept.success
    assert "IntegrityError at test_no_patient_leaks.py" in kept.result
    assert silent(f"{kept.result} {kept.args} {kept.kwargs} {kept.name}")
    assert "Failed 'eligibility.jobs.drain'" in caplog.text
    assert silent(caplog.text)


def test_a_row_that_the_database_refuses_is_not_repeated_in_the_error(
    committed_cast: Cast, broken_rows: None, caplog: Any
) -> None:
    with pytest.raises(IntegrityError, match="task_priority_is_known") as caught:
        create(committed_cast.us.first, row("A", **PATIENT))
    assert silent("".join(traceback.format_exception(caught.value)))
    assert silent(caplog.text)


def test_a_request_that_breaks_is_logged_and_answered_without_its_rows(
    committed_cast: Cast, broken_rows: None, caplog: Any, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = False
    answer = Client(raise_request_exception=False).post(
        "/v2/api-integration/bulk/create-tasks",
        {"requests": [row("A", **PATIENT)]},
        content_type="application/json",
        headers={"authorization": f"Bearer {committed_cast.us.key}"},
    )
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert silent(answer.content.decode())
    assert "IntegrityError" in caplog.text
    assert silent(caplog.text)


def test_the_signs_are_found_where_they_are() -> None:
    assert not silent(row("A", **PATIENT))
    assert all(not silent(value) for value in PATIENT.values())
