"""A batch in a few words: how it came in, and when it will be done."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from eligibility.admin.names import CAME
from eligibility.choices import BatchStatus
from portal import moments

MEASURED_ROWS = 20
"""A batch's own pace counts after so many ended rows; before, the forecast it was given does."""


def batch_came(batch: Any, *, now: datetime, zone: tzinfo) -> str:
    """How a batch came in (`source`), and when, where its name does not say that already."""
    when = moments.soon(batch.created_at, now=now, zone=zone) if batch.description else ""
    return " · ".join(part for part in (when, CAME.get(batch.source, "")) if part)


def batch_forecast(batch: Any, status: str, *, now: datetime, zone: tzinfo) -> str:
    """When a batch that came `with_counts()` starts, will be done, or was done."""
    if status == BatchStatus.SCHEDULED:
        return _scheduled(batch, now=now, zone=zone)
    if status == BatchStatus.RUNNING:
        return _running(batch, now=now, zone=zone)
    if status == BatchStatus.PAUSED:
        return f"{batch.total - batch.finished:,} rows wait"
    if batch.last_finished_at is None:
        return ""
    ended = moments.soon(batch.last_finished_at, now=now, zone=zone)
    return f"Cancelled at {ended}" if status == BatchStatus.CANCELLED else f"Done at {ended}"


def _scheduled(batch: Any, *, now: datetime, zone: tzinfo) -> str:
    starts = f"Starts at {moments.soon(batch.scheduled_for, now=now, zone=zone)}"
    if batch.expected_by is None:
        return starts
    return f"{starts}, done by {moments.soon(batch.expected_by, now=now, zone=zone)}"


def _running(batch: Any, *, now: datetime, zone: tzinfo) -> str:
    """By the pace of the batch's own rows so far; else by the forecast of its beginning."""
    if batch.executed_at is not None and batch.finished >= MEASURED_ROWS:
        took = max((now - batch.executed_at).total_seconds(), 0.001)
        left = (batch.total - batch.finished) * took / batch.finished
        return f"About {moments.length(max(left, 1))} left"
    if batch.expected_by is not None and batch.expected_by > now:
        return f"Done by {moments.soon(batch.expected_by, now=now, zone=zone)}"
    return "Just started" if batch.executed_at is not None else "Waits for its turn"
