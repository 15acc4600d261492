from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eligibility.models import Batch, EligibilityTask, TaskEvent
from portal.models import Submission
from tests.cast import Cast
from tests.eligibility.operations.doing import (
    ACTOR,
    bad,
    became,
    create,
    row,
    task,
)

pytestmark = pytest.mark.django_db

NOTHING = {"EligibilityTask": 0, "Batch": 0, "Submission": 0, "RejectedRow": 0, "OrmQ": 0}


# --- good rows -----------------------------------------------------------------------------------


def test_every_good_row_becomes_a_task_in_the_order_of_the_request(cast: Cast) -> None:
    created = create(cast.us.first, *(row(name=f"Patient {n}") for n in range(5)))
    assert became(created) == ["created"] * 5
    assert [entry.index for entry in created.entries] == list(range(5))
    ids = [entry.task_id for entry in created.entries]
    assert ids == sorted(ids, key=str)
    by_line = EligibilityTask.objects.order_by("line").values_list("pk", "line", "name")
    assert [(str(pk), line, name) for pk, line, name in by_line] == [
        (ids[n], n, f"Patient {n}") for n in range(5)
    ]


def test_a_task_holds_all_that_its_row_said(cast: Cast) -> None:
    sent = row(
        " APT-1 ",
        id_type="cardno",
        id_value=" 12-34/56 ",
        tpa_name="tpa004",
        visit_type="outpatient",
        service_date="2026-11-24",
        name=" Ali  Farouk ",
        dob="1986-11-13",
        phone="0563657799",
        doctorName="DHA-P-1",
        payerName="Insurer",
        mode="fast",
        referralCode="R1",
        serviceType="lab",
        pod_id="P1",
        is_emergency=True,
        priority="high",
        force=True,
        extra_args={"title": "note", "value": "x"},
        unheard_of=["kept"],
    )
    made = task(create(cast.us.first, sent))
    question = {
        "id_type": "CARDNUMBER",
        "id_value": "12-34/56",
        "id_key": "123456",
        "visit_type": "OUTPATIENT",
        "service_date": date(2026, 11, 24),
        "name": "Ali  Farouk",
        "dob": date(1986, 11, 13),
        "phone": "0563657799",
        "doctor_name": "DHA-P-1",
        "payer_name": "Insurer",
        "extra_args": {"title": "note", "value": "x"},
        "client_reference": "APT-1",
        "priority": 0,
        "details": {
            "mode": "fast",
            "referral_code": "R1",
            "service_type": "lab",
            "pod_id": "P1",
            "is_emergency": True,
            "force": True,
        },
    }
    assert {name: getattr(made, name) for name in question} == question
    assert made.payer.code == "TPA004"
    assert made.connection is not None
    assert made.connection.payer == made.payer
    assert made.request_dump == sent
    assert [issue["code"] for issue in made.warnings] == ["field.unknown"]


def test_a_new_task_waits_for_its_turn_and_nothing_else(cast: Cast) -> None:
    before = datetime.now(UTC)
    made = task(create(cast.us.first, row()))
    after = datetime.now(UTC)
    assert made.team == cast.us.team
    assert made.clinic == cast.us.first
    assert made.created_by == ACTOR
    state = (made.status, made.outcome, made.failure, made.review, made.look, made.worker)
    assert state == ("pending", "", "", "none", "", "")
    assert (made.version, made.fence, made.crashes, made.failed_conversations) == (1, 0, 0, 0)
    assert made.run_at == made.not_before == made.created_at == made.updated_at
    assert before <= made.created_at <= after
    unset = (made.lease_until, made.first_claimed_at, made.asked_at, made.finished_at, made.result)
    assert unset == (None,) * 5
    assert not TaskEvent.objects.exists()


def test_a_row_of_bare_necessities_is_enough(cast: Cast) -> None:
    sent = {"id_value": "784-XXXX-XXXXXXX-X", "id_type": "EMIRATESID", "tpa_name": "TPA004"}
    sent |= {"visit_type": "OUTPATIENT", "doctorName": "DHA-P-1"}
    made = task(create(cast.us.first, sent))
    assert (made.name, made.phone, made.client_reference, made.details) == ("", "", "", {})
    assert (made.dob, made.service_date, made.reference_key) == (None, None, None)
    assert [issue["code"] for issue in made.warnings] == ["emirates_id.shape"]


def test_a_request_is_one_batch_of_one_submission(cast: Cast) -> None:
    created = create(cast.us.first, row(), row(), description="Tuesday", request_id="req-1")
    batch = Batch.objects.get()
    assert str(batch.pk) == created.batch_id
    assert (batch.team, batch.clinic, batch.description) == (
        cast.us.team,
        cast.us.first,
        "Tuesday",
    )
    submission = Submission.objects.get()
    assert batch.submission == submission
    assert (submission.team, submission.clinic) == (cast.us.team, cast.us.first)
    assert (submission.kind, submission.source) == ("eligibility.tasks", "api")
    assert (submission.created_by, submission.request_id) == (ACTOR, "req-1")
    links = EligibilityTask.objects.values_list("batch", "submission").distinct()
    assert list(links) == [(batch.pk, submission.pk)]


def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(cast: Cast) -> None:
    def statements(count: int) -> int:
        rows = [row(f"{count}-{n}") for n in range(count)] + [
            bad(f"b{count}-{n}") for n in range(9)
        ]
        with CaptureQueriesContext(connection) as queries:
            create(cast.us.first, *rows)
        return len(queries)

    assert statements(2) == statements(300)
