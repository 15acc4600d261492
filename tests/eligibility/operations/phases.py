"""Batches in the states that the engine puts them into."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from eligibility.choices import BatchStatus
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import Created
from eligibility.querysets import batch_status
from tests.cast import Cast
from tests.eligibility.operations.doing import create, row, task_id

HOUR = timedelta(hours=1)
State = dict[str, Any]
PENDING: State = {"status": "pending"}
RUNNING: State = {"status": "running", "run_at": None, "worker": "w"}
WAITING: State = {"status": "waiting", "look": "poll", "handle": "h"}
DONE: State = {"status": "done", "outcome": "eligible", "run_at": None}
FAILED: State = {"status": "failed", "failure": "timeout", "run_at": None}
CANCELLED: State = {"status": "cancelled", "run_at": None}


def batch_of(created: Created) -> Batch:
    """The batch of an answer, as it is stored now."""
    return Batch.objects.get(pk=str(created.batch_id))


def scheduled(cast: Cast, *rows: Any, after: timedelta = HOUR) -> Created:
    """Send rows (one by default) as a batch that waits for its hour."""
    when = timezone.now() + after
    return create(cast.us.first, *(rows or (row(),)), scheduled=True, scheduled_for=when)


def put(created: Created, index: int, state: State) -> None:
    """Put one row where the engine would."""
    now = timezone.now()
    times: dict[str, Any] = {"first_claimed_at": now}
    if state["status"] == "running":
        times["lease_until"] = now + HOUR
    if state["status"] in ("done", "failed", "cancelled"):
        times["finished_at"] = now
    if state["status"] == "waiting":
        times["run_at"] = now + HOUR
    EligibilityTask.objects.filter(pk=task_id(created, index)).update(**state, **times)


def counted(batch: Batch) -> Any:
    """The batch with its counts."""
    return Batch.objects.with_counts().get(pk=batch.pk)


def status_of(batch: Batch) -> BatchStatus:
    """What the batch is said to be now."""
    return batch_status(counted(batch), timezone.now())
