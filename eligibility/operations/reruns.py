"""Run rows again, or stop them, and say for each that did not move why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from eligibility.choices import FINAL, Priority, Status
from eligibility.engine import slots
from eligibility.engine.routes import Routes
from eligibility.engine.rows import add_events
from eligibility.engine.search import paths
from eligibility.models import Connection, EligibilityTask

RERUN_NOTE = "re-run"


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows moved, and for those that did not: how many, by the reason in words."""

    moved: int
    stayed: Counter[str] = field(default_factory=Counter)


_CANNOT_RUN_AGAIN = {
    Status.PENDING: "already in line",
    Status.RUNNING: "being asked right now",
    Status.WAITING: "the payer is working on it",
}
_CANNOT_CANCEL = {
    Status.DONE: "already answered",
    Status.FAILED: "already failed",
    Status.CANCELLED: "already cancelled",
}


def preview_retry(*, tasks: QuerySet[EligibilityTask]) -> Moved:
    """What `retry_tasks` would do now, with nothing done."""
    return _count(tasks.values_list("status", flat=True), _CANNOT_RUN_AGAIN)


@transaction.atomic
def retry_tasks(*, tasks: QuerySet[EligibilityTask], actor: str) -> Moved:
    """Ask again for every row that has a final state. A re-run always asks the payer anew.

    A row that had no connection gets the one that its team has by now. Whoever asks for one row
    waits for it: it overtakes the batches.
    """
    rows = _lock(tasks)
    moving = [(pk, before) for pk, before in rows if before in FINAL]
    if len(rows) == 1:
        EligibilityTask.objects.with_ids([pk for pk, _ in moving]).update(priority=Priority.HIGH)
    _requeue([pk for pk, _ in moving])
    add_events([(pk, before, Status.PENDING, actor, RERUN_NOTE) for pk, before in moving])
    if moving:
        slots.wake()
    return _count((status for _, status in rows), _CANNOT_RUN_AGAIN)


def preview_cancel(*, tasks: QuerySet[EligibilityTask]) -> Moved:
    """What `cancel_tasks` would do now, with nothing done."""
    return _count(tasks.values_list("status", flat=True), _CANNOT_CANCEL)


@transaction.atomic
def cancel_tasks(*, tasks: QuerySet[EligibilityTask], actor: str) -> Moved:
    """Cancel every row that has no final state. A call under way is kept as late."""
    rows = _lock(tasks)
    moving = [(pk, before) for pk, before in rows if before not in FINAL]
    ids = [pk for pk, _ in moving]
    EligibilityTask.objects.with_ids(ids).cancel()
    add_events([(pk, before, Status.CANCELLED, actor, "") for pk, before in moving])
    paths.cancel_paths(ids, actor=actor)
    return _count((status for _, status in rows), _CANNOT_CANCEL)


def _lock(tasks: QuerySet[EligibilityTask]) -> list[tuple[UUID, str]]:
    """The rows and their states, held until the transaction ends, in the order of their ids."""
    own = EligibilityTask.objects.filter(pk__in=tasks.order_by().values("pk"), parent=None)
    return list(own.select_for_update().order_by("pk").values_list("pk", "status"))


def _count(statuses: Iterable[str], reasons: dict[Status, str]) -> Moved:
    stayed: Counter[str] = Counter()
    moved = 0
    for status in statuses:
        if reason := reasons.get(Status(status)):
            stayed[reason] += 1
        else:
            moved += 1
    return Moved(moved=moved, stayed=stayed)


def _requeue(ids: list[UUID]) -> None:
    tasks = EligibilityTask.objects.with_ids(ids)
    tasks.requeue()
    unrouted = tasks.filter(connection=None)
    questions: Any = unrouted.order_by().values_list(
        "team_id", "team__is_production", "payer_id", "is_search", "test_mode"
    )
    for team_id, is_production, payer_id, is_search, test_mode in set(questions):
        routes = Routes(
            Connection.objects.filter(team_id=team_id, is_active=True), is_production=is_production
        )
        connection_id = routes.find(payer_id, is_search=is_search, test_mode=test_mode)
        if connection_id is not None:
            unrouted.filter(
                team_id=team_id, payer_id=payer_id, is_search=is_search, test_mode=test_mode
            ).update(connection_id=connection_id)
