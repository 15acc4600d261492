"""A batch in a few words: how it came in, and when it will be done."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from eligibility.admin.names import CAME
from eligibility.choices import BatchStatus
from eligibility.engine.forecast.finishes import Finish
from portal import moments


def batch_came(batch: Any, *, now: datetime, zone: tzinfo) -> str:
    """How a batch came in (`source`), and when, where its name does not say that already."""
    when = moments.soon(batch.created_at, now=now, zone=zone) if batch.description else ""
    return " · ".join(part for part in (when, CAME.get(batch.source, "")) if part)


def batch_forecast(
    batch: Any, status: str, finish: Finish | None, *, now: datetime, zone: tzinfo
) -> str:
    """When a batch that came `with_counts()` starts, will be done, or was done.

    `finish` is the forecast of one that runs.
    """
    if status == BatchStatus.SCHEDULED:
        return _scheduled(batch, now=now, zone=zone)
    if status == BatchStatus.RUNNING:
        return _running(batch, finish, now=now)
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


def _running(batch: Any, finish: Finish | None, *, now: datetime) -> str:
    """How long its lanes still need, or why nobody knows."""
    if finish is None or (finish.at is not None and finish.at <= now):
        return "Just started" if batch.executed_at is not None else "Waits for its turn"
    if finish.at is None:
        return f"Held: {finish.why_unknown}" if finish.held else finish.why_unknown
    return f"About {moments.length(max((finish.at - now).total_seconds(), 1))} left"
