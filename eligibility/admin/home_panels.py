"""What the home page shows of a person's clinics; one query a panel, however many rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, F, Q
from django.db.models.expressions import RawSQL
from django.utils.safestring import SafeString

from eligibility.admin.badges import OUTCOME, batch_badge
from eligibility.admin.home_desk import Desk, address
from eligibility.admin.home_words import batch_came, batch_forecast
from eligibility.admin.names import batch_name
from eligibility.choices import BatchStatus, Outcome, Review
from eligibility.engine.forecast.finishes import Finish, batch_finishes
from eligibility.models import Batch, Connection, EligibilityTask
from eligibility.querysets import batch_status
from eligibility.worklist import Filters, Group, Worklist
from portal import moments
from portal.badges import Colour

BATCHES_SHOWN = 6
GROUPS_SHOWN = 6
# The index's own words: SQLite takes a partial index only where the query repeats them.
_ENDED = RawSQL(
    "\"eligibility_eligibilitytask\".\"status\" IN ('done', 'failed')",
    [],
    output_field=BooleanField(),
)
ALWAYS_SHOWN = frozenset({Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE, Outcome.MEMBER_NOT_FOUND})


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One of the last batches."""

    title: str
    clinic: str
    came: str
    badge: SafeString
    finished: int
    total: int
    attention: int
    forecast: str
    address: str
    attention_address: str


def last_batches(desk: Desk, lanes: Sequence[Connection]) -> list[BatchLine]:
    """The newest batches with progress and forecast."""
    newest = Batch.objects.filter(clinic__in=desk.ids).order_by("-created_at", "-pk")
    waiting = Q(tasks__parent=None, tasks__review=Review.NEEDS_ATTENTION)
    found = (
        Batch.objects.filter(pk__in=newest.values("pk")[:BATCHES_SHOWN])
        .select_related("clinic")
        .annotate(source=F("submission__source"))
        .with_counts()
        .annotate(attention=Count("tasks", filter=waiting))
    )
    batches = [
        (each, batch_status(each, desk.now)) for each in found.order_by("-created_at", "-pk")
    ]
    running = [batch for batch, status in batches if status == BatchStatus.RUNNING]
    finishes = batch_finishes(running, now=desk.now, known=lanes) if running else {}
    return [_batch_line(batch, status, finishes.get(batch.pk), desk) for batch, status in batches]


def _batch_line(batch: Any, status: BatchStatus, finish: Finish | None, desk: Desk) -> BatchLine:
    return BatchLine(
        title=batch_name(batch),
        clinic=desk.name_of(batch.clinic_id),
        came=batch_came(batch, now=desk.now, zone=desk.zone),
        badge=batch_badge(status),
        finished=batch.finished,
        total=batch.total,
        attention=batch.attention,
        forecast=batch_forecast(batch, status, finish, now=desk.now, zone=desk.zone),
        address=address("eligibility_batch_change", batch.pk),
        attention_address=address("worklist", query=Filters(batch=batch.pk).as_query()),
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """How many of today's rows ended in one way."""

    word: str
    icon: str
    colour: Colour
    count: int
    address: str


def answers_today(desk: Desk) -> list[Tile]:
    """Today's answers by outcome, and how many rows ended without one."""
    ended = EligibilityTask.objects.filter(_ENDED, finished_at__gte=desk.today, parent=None)
    lanes = Connection.objects.filter(team__in=desk.teams)
    # By clinic afterwards: asked for clinics, SQLite would walk over all they ever had answered.
    counts: Counter[str] = Counter()
    # The index's own order: by lane, and the rows without one (searches, unroutable ones) apart.
    for rows in (ended.filter(connection__in=lanes), ended.filter(connection=None)):
        by_clinic = rows.values_list("clinic_id", "outcome").annotate(Count("id")).order_by()
        for clinic_id, outcome, count in by_clinic:
            counts[outcome] += count if clinic_id in desk.ids else 0
    listed = "eligibility_eligibilitytask_changelist"
    tiles = [
        Tile(str(each.label), *OUTCOME[each], n, address(listed, query=f"outcome={each.value}"))
        for each in Outcome
        if (n := counts.get(each.value, 0)) or each in ALWAYS_SHOWN
    ]
    failed = counts.get("", 0)
    failed_rows = address(listed, query="status=failed")
    return [*tiles, Tile("No answer", "error", "red" if failed else "grey", failed, failed_rows)]


@dataclass(frozen=True, slots=True)
class Attention:
    """What waits for people: the first groups, and how much there is in all."""

    groups: Sequence[tuple[Group, str, str]]
    rows: int
    more: int
    address: str


def attention(desk: Desk) -> Attention:
    """The worklist's own groups, each with its age and address."""
    groups = Worklist(tuple(desk.ids), Filters(), desk.zone).groups()
    shown = [
        (
            group,
            moments.age(group.oldest, desk.now),
            address("worklist_group", query=Filters().as_query(group=str(group.key))),
        )
        for group in groups[:GROUPS_SHOWN]
    ]
    rows = sum(group.count for group in groups)
    return Attention(shown, rows, max(len(groups) - GROUPS_SHOWN, 0), address("worklist"))
