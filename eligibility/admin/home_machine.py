"""What the home page shows of the machine: the line, the workers, and the files that came in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, Count, F, Max, Min, Q, Sum
from django.db.models.expressions import RawSQL

from eligibility.admin.home_desk import Desk, address
from eligibility.models import Connection, EligibilityTask
from eligibility.models.engine import WorkerHost
from eligibility.operations.create import KIND
from eligibility.worklist import Filters
from portal import moments
from portal.badges import Badge
from portal.models import Submission

IMPORTS_SHOWN = 5
# The index's own words: SQLite takes a partial index only where the query repeats them.
_IN_LINE = RawSQL(
    "\"eligibility_eligibilitytask\".\"status\" IN ('pending', 'waiting')",
    [],
    output_field=BooleanField(),
)
ALIVE_WITHIN = timedelta(seconds=15)
"""A `workers` command writes its beat every second; one that missed so many is gone."""

ANSWERS_WITHIN = timedelta(seconds=60)
"""A queue that did not answer for so long is stuck (architecture.md, section 4)."""

LATE_AFTER = timedelta(minutes=5)
"""A due row that waited for so long is worth a second look."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows whose turn has come, and in which lanes (ids).

    `oldest` is how long the first of them waits, in words.
    """

    due: int
    oldest: str
    is_late: bool
    lanes: frozenset[int] = frozenset()


def queue(desk: Desk, lanes: Collection[Connection]) -> Queue:
    """The line of the person's clinics in these lanes: due rows, and since when the oldest is."""
    due = EligibilityTask.objects.filter(
        _IN_LINE,
        connection__in=[lane.pk for lane in lanes],  # the index's own order
        run_at__lte=desk.now,
        clinic__in=desk.ids,
    )
    by_lane = list(due.values_list("connection_id").annotate(Count("id"), Min("run_at")).order_by())
    if not by_lane:
        return Queue(0, "", False)
    waited = desk.now - min(oldest for _, _, oldest in by_lane)
    return Queue(
        due=sum(rows for _, rows, _ in by_lane),
        oldest=moments.length(waited.total_seconds()),
        is_late=waited > LATE_AFTER,
        lanes=frozenset(lane for lane, _, _ in by_lane if lane is not None),
    )


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work; `note` says what to do when nobody does."""

    badge: Badge
    note: str


def workers(now: datetime) -> Workers:
    """Whether workers are alive and take jobs. They serve every team: no names are shown."""
    is_alive = Q(seen_at__gte=now - ALIVE_WITHIN)
    alive = WorkerHost.objects.aggregate(
        hosts=Count("id", filter=is_alive),
        workers=Sum("workers", filter=is_alive),
        answered=Max("answered_at", filter=is_alive),
        seen=Max("seen_at"),
    )
    if not alive["hosts"]:
        since = f"Last seen {moments.age(alive['seen'], now)}. " if alive["seen"] else ""
        note = f"{since}Rows wait until somebody starts them: make workers"
        return Workers(Badge("No workers", "power_off", "red"), note)
    answered = alive["answered"]
    if answered is None:
        return Workers(Badge("Starting", "hourglass_top", "amber"), "They have not taken a job yet")
    if now - answered > ANSWERS_WITHIN:
        return Workers(Badge("Stuck", "warning", "red"), "They take no jobs and are restarted")
    places = "1 machine" if alive["hosts"] == 1 else f"{alive['hosts']} machines"
    return Workers(Badge(f"{alive['workers']} alive", "check_circle", "green"), f"on {places}")


@dataclass(frozen=True, slots=True)
class Import:
    """A file that came in. Its name is not kept: it may be a patient's."""

    came: str
    clinic: str
    total: int
    accepted: int
    rejected: int
    address: str
    worklist: str


def last_imports(desk: Desk) -> list[Import]:
    """The newest files of the person's clinics."""
    files = Submission.objects.filter(
        team__in=desk.teams, clinic__in=desk.ids, kind=KIND, source=Submission.Source.FILE
    ).annotate(batch_id=F("batch__pk"))
    return [_import(each, desk) for each in files.order_by("-created_at", "-pk")[:IMPORTS_SHOWN]]


def _import(submission: Any, desk: Desk) -> Import:
    batch_id = submission.batch_id
    return Import(
        came=moments.soon(submission.created_at, now=desk.now, zone=desk.zone),
        clinic=desk.name_of(submission.clinic_id),
        total=submission.total_rows,
        accepted=submission.accepted_rows,
        rejected=submission.rejected_rows,
        address=address("eligibility_batch_change", batch_id) if batch_id else "",
        worklist=address("worklist", query=Filters(batch=batch_id).as_query()),
    )
