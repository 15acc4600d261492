"""The ordinary way to ask payers: one django-q2 job for each row, which does the whole of it.

The job claims its row, commits the intent, asks over a connection that its process keeps alive, and
writes attempt, result, row and events in one transaction, through the ORM. The cluster is
django-q2's own, on the portal's settings, with as many worker processes as pay on two cores.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from eligibility.choices import FINAL, AttemptState, Status
from eligibility.models import Attempt, EligibilityTask, Result, TaskEvent
from eligibility.results import Answer

WORKERS = 16
LONGEST = 300.0


def run_all(task_ids: Sequence[UUID]) -> float:
    """Queue a job for each row, run a cluster, and return the seconds until all are answered.

    They count from the first answer to the last: starting the cluster is not counted.
    """
    with transaction.atomic():
        for task_id in task_ids:
            async_task("tests.benchmarks.one_job.ask", task_id, q_options={"save": False})
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"]
    cluster = subprocess.Popen(command, env=os.environ | {"WORKERS": str(WORKERS)})
    try:
        _wait_for(1)
        began = time.perf_counter()
        _wait_for(len(task_ids))
        return time.perf_counter() - began
    finally:
        cluster.terminate()
        cluster.wait(timeout=30)


def _wait_for(count: int) -> None:
    gives_up_at = time.monotonic() + LONGEST
    while EligibilityTask.objects.filter(status__in=FINAL).count() < count:
        assert time.monotonic() < gives_up_at, "the jobs did not end"
        time.sleep(0.02)


def ask(task_id: UUID) -> None:
    """One row from its claim to its end."""
    with transaction.atomic():
        task = EligibilityTask.objects.select_for_update().select_related("payer").get(pk=task_id)
        now = timezone.now()
        _move(task, Status.RUNNING, lease_until=now, fence=F("fence") + 1, run_at=None)
        attempt = Attempt.objects.create(
            task=task, number=1, connection_id=task.connection_id or 0, fence=1, worker="job"
        )
    reply = _post(task)
    answer = Answer.model_validate(reply["answer"])
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(
            state=AttemptState.ANSWERED, finished_at=timezone.now(), raw={"status": "done"}
        )
        result = Result.objects.create(
            task=task,
            attempt=attempt,
            outcome=reply["outcome"],
            answer=answer.model_dump(mode="json"),
            synthetic=True,
            normaliser_version=answer.normaliser_version,
        )
        ended = {"outcome": reply["outcome"], "result": result, "finished_at": timezone.now()}
        _move(task, Status.DONE, lease_until=None, **ended)


def _move(task: EligibilityTask, status: Status, **fields: Any) -> None:
    before = task.status
    EligibilityTask.objects.filter(pk=task.pk).update(status=status, **fields)
    TaskEvent.objects.create(task=task, before=before, after=status, actor="engine")
    task.status = status


def _post(task: EligibilityTask) -> dict[str, Any]:
    body = json.dumps(
        {
            "reference": str(task.pk),
            "payer": task.payer.code,
            "id_type": task.id_type,
            "id_value": task.id_value,
            "name": task.name,
            "dob": task.dob.isoformat() if task.dob else "",
        }
    )
    connection = _connection(settings.SYNTHETIC_PAYER_URL)
    connection.request("POST", "/v1/checks", body, {"Content-Type": "application/json"})
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


@lru_cache(maxsize=1)
def _connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(url).netloc)
