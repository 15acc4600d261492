"""Everything that a batch's page shows, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import Count, F, Min, Q

from eligibility.admin.batch_counts import COUNTED, Tally, derived_status
from eligibility.admin.home_lanes import HeldLane, held_lanes
from eligibility.admin.names import payer_names
from eligibility.choices import IN_LINE, BatchStatus, Review, Status
from eligibility.engine.forecast.finishes import Finish, batch_finishes
from eligibility.models import Batch, Connection, EligibilityTask
from portal.models import RejectedRow

MOST_CAUSES = 30
"""Causes that the page lists; those with the most rows."""


@dataclass(slots=True)
class PayerRows:
    """One payer's rows in a batch; those in line are in `lanes` (connections' ids)."""

    code: str
    name: str
    tally: Tally = field(default_factory=Tally)
    lanes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Cause:
    """Failed rows with one payer and failure class, as the worklist groups them.

    `waiting` of them nobody has seen to; `messages` is how many different ones they have,
    `message` one of these.
    """

    payer_code: str
    payer: str
    failure: str
    message: str
    messages: int
    count: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """Open rejected rows with one fault, about one payer (a code, or nothing)."""

    topic: str
    cause: str
    count: int


@dataclass(slots=True)
class BatchView:
    """A batch with its rows added up.

    `finish` is the forecast of a batch that runs; `names` are payers' names by code,
    `held` the lanes that hold up rows of it, by the payer's code.
    """

    batch: Batch
    tally: Tally
    status: BatchStatus
    payers: Sequence[PayerRows]
    causes: Sequence[Cause]
    rejections: Sequence[Rejection]
    finish: Finish | None
    now: datetime
    names: Mapping[str, str]
    held: Mapping[str, HeldLane]

    @property
    def zone(self) -> tzinfo:
        """The clinic's."""
        return self.batch.clinic.zone

    @property
    def is_over(self) -> bool:
        """Whether nothing happens to it by itself any more."""
        return self.status in (BatchStatus.COMPLETED, BatchStatus.CANCELLED)


def read_batch(batch: Batch, *, now: datetime) -> BatchView:
    """Add up the batch's rows."""
    tally, payers = _count(batch)
    status, rejections = derived_status(batch, tally, now), _rejections(batch)
    lanes, running = _lanes(batch, payers), [batch] if status == BatchStatus.RUNNING else []
    finishes = batch_finishes(running, now=now, known=lanes.values()) if running else {}
    return BatchView(
        batch=batch,
        tally=tally,
        status=status,
        payers=payers,
        causes=_causes(batch) if tally.of(Status.FAILED) else [],
        rejections=rejections,
        finish=finishes.get(batch.pk),
        now=now,
        names=payer_names() if rejections else {},
        held=_held(batch, payers, lanes, now),
    )


def _rows(batch: Batch) -> Any:
    return EligibilityTask.objects.filter(batch=batch, parent=None).order_by()


def _count(batch: Batch) -> tuple[Tally, list[PayerRows]]:
    """All rows, and the rows of each payer (most rows first)."""
    whole, payers = Tally(), dict[int, PayerRows]()
    named = {"code": F("payer__code"), "payer_title": F("payer__name")}
    groups = _rows(batch).values("payer_id", "connection_id", "status", "outcome", **named)
    for row in groups.annotate(**COUNTED):
        whole.add(row)
        payer = payers.setdefault(row["payer_id"], PayerRows(row["code"], row["payer_title"]))
        payer.tally.add(row)
        if row["status"] in IN_LINE and row["connection_id"] is not None:
            payer.lanes.add(row["connection_id"])
    return whole, sorted(payers.values(), key=lambda each: -each.tally.total)


def _lanes(batch: Batch, payers: Sequence[PayerRows]) -> dict[int, Connection]:
    """The lanes in which rows of the batch stand, with their states."""
    wanted = {lane for payer in payers for lane in payer.lanes}
    if not wanted or batch.paused_at is not None:
        return {}
    found = Connection.objects.filter(pk__in=wanted).select_related("payer", "lane_state")
    return {lane.pk: lane for lane in found}


def _held(
    batch: Batch, payers: Sequence[PayerRows], lanes: Mapping[int, Connection], now: datetime
) -> dict[str, HeldLane]:
    """Those of the lanes that are held, by payer."""
    told = {}
    for payer in payers:
        own = [lanes[pk] for pk in payer.lanes if pk in lanes]
        if lines := held_lanes(own, payer.lanes, now=now, zone=batch.clinic.zone):
            told[payer.code] = lines[0]
    return told


def _causes(batch: Batch) -> list[Cause]:
    groups = (
        _rows(batch)
        .filter(status=Status.FAILED)
        .values("payer__code", "payer__name", "failure")
        .annotate(
            count=Count("pk"),
            waiting=Count("pk", filter=Q(review=Review.NEEDS_ATTENTION)),
            message=Min("failure_message"),
            messages=Count("failure_message", distinct=True),
        )
    )
    return [
        Cause(payer_code=group.pop("payer__code"), payer=group.pop("payer__name"), **group)
        for group in groups.order_by("-count", "payer__code", "failure")[:MOST_CAUSES]
    ]


def _rejections(batch: Batch) -> list[Rejection]:
    """The rows of the same request or file that were not accepted, and still wait."""
    submission = batch.submission
    if submission is None or not submission.rejected_rows:
        return []
    waiting = RejectedRow.objects.open().filter(submission=submission).order_by()
    groups = waiting.values("topic", "cause").annotate(count=Count("pk"))
    return [
        Rejection(group["topic"], group["cause"], group["count"])
        for group in groups.order_by("-count")[:MOST_CAUSES]
    ]
