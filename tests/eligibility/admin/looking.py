"""Checks and batches to look at, and what a page says of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from eligibility.identifiers import make_emirates_id, search_key
from eligibility.models import Batch, EligibilityTask, TaskEvent
from portal.models import AuditEvent, Clinic
from tests.factories import make_result, make_task

CHECKS = "/admin/eligibility/eligibilitytask/"
BATCHES = "/admin/eligibility/batch/"
MOST_QUERIES = 11


def task_url(task: EligibilityTask) -> str:
    """A check's page."""
    return reverse("admin:eligibility_eligibilitytask_change", args=[task.pk])


def batch_url(batch: Batch) -> str:
    """A batch's page."""
    return reverse("admin:eligibility_batch_change", args=[batch.pk])


def verb_url(kind: str, verb: str, row: Any) -> str:
    """What is done with a check ("task") or a batch."""
    return reverse(f"admin:eligibility_{kind}_{verb}", args=[row.pk])


def make_batch(clinic: Clinic, **fields: Any) -> Batch:
    """A batch without rows."""
    return Batch.objects.create(team=clinic.team, clinic=clinic, **fields)


def make_patient(clinic: Clinic, number: int = 1, **fields: Any) -> EligibilityTask:
    """A check about somebody of this number."""
    id_value = make_emirates_id(1980, 1_000_000 + number)
    given = {
        "name": "Zainab Testperson",
        "id_value": id_value,
        "id_key": search_key("EMIRATESID", id_value),
        "phone": f"05055{number:05d}",
        "visit_type": "OUTPATIENT",
        "client_reference": f"REF-{number:04d}",
        "request_dump": {"id_value": id_value, "phone": f"05055{number:05d}", "tpa_name": "TPA002"},
    }
    return make_task(clinic, **given | fields)


def make_failed(clinic: Clinic, failure: str = "timeout", **fields: Any) -> EligibilityTask:
    """A failed check."""
    given = {"status": "failed", "failure": failure, "review": "needs_attention"}
    return make_patient(clinic, **given | {"failure_message": "No answer."} | fields)


def make_answered(clinic: Clinic, outcome: str = "eligible", **fields: Any) -> EligibilityTask:
    """An answered check."""
    answer = fields.pop("answer", {})
    task = make_patient(clinic, **fields)
    make_result(task, outcome, **answer)
    task.refresh_from_db()
    return task


def asked_at(task: EligibilityTask, moment: datetime) -> None:
    """Let the check have come in at this moment."""
    EligibilityTask.objects.filter(pk=task.pk).update(created_at=moment)


def text_of(answer: Any) -> str:
    """What a person reads of a page: without tags, addresses and scripts."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.S)
    main = body[body.find('id="content') :]
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", main).split()))


def names_in(answer: Any) -> list[str]:
    """The links of a list's lines, by name."""
    found = re.findall(
        r'class="ep-line-who"><a href="[^"]+"[^>]*>([^<]*)<', answer.content.decode()
    )
    return [html.unescape(each) for each in found]


def listed(answer: Any) -> list[str]:
    """The ids of a list's lines, in order."""
    return re.findall(
        r'class="ep-line-who"><a href="[^"]*/([0-9a-f-]{36})/', answer.content.decode()
    )


def deeds(verb: str) -> list[AuditEvent]:
    """What the audit log holds of a verb."""
    return list(AuditEvent.objects.filter(verb=verb))


def events(task: EligibilityTask) -> list[tuple[str, str, str]]:
    """A check's moves: (before, after, actor)."""
    return list(
        TaskEvent.objects.filter(task=task).order_by("pk").values_list("before", "after", "actor")
    )


@contextmanager
def queries() -> Iterator[CaptureQueriesContext]:
    """The statements that run meanwhile."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
