"""A batch and its rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from eligibility.querysets import batch_status
from eligibility.wire import words
from eligibility.wire.results import Row, moment, row


def batch_results(batch: Any, tasks: Iterable[Row], *, now: datetime) -> dict[str, Any]:
    """The `data` of `batch-results/{id}`; `batch` came `with_counts()`."""
    complete = batch.finished == batch.total
    return {
        "batch_id": str(batch.pk),
        "batch_status": words.batch_word(batch_status(batch, now)),
        "description": batch.description or None,
        "scheduled_for": moment(batch.scheduled_for),
        "executed_at": moment(batch.executed_at),
        "completed_at": moment(batch.last_finished_at) if complete else None,
        "total_tasks": batch.total,
        "completed_tasks": batch.finished,
        "tasks": [row(task) for task in tasks],
    }


def batch(found: Any, *, now: datetime) -> dict[str, Any]:
    """A batch of the lists, and of the answer to a verb; it came `with_counts()`."""
    head = batch_results(found, (), now=now)
    del head["tasks"]
    return {
        **head,
        "cancelled_tasks": found.cancelled,
        "expected_by": moment(found.expected_by),
        "submission_id": str(found.submission_id) if found.submission_id else None,
        "created_at": moment(found.created_at),
    }
