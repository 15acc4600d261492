"""Verbs that move checks, as a person does them: in their clinics, and in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from eligibility.choices import FINAL
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import Moved, cancel_tasks, retry_tasks
from portal import audit
from portal.models import Verb
from portal.roles import visible_clinic_ids


def own_tasks(request: HttpRequest) -> QuerySet[EligibilityTask]:
    """The checks of the person's clinics; a search's children are seen only under it."""
    return EligibilityTask.objects.filter(clinic__in=visible_clinic_ids(request.user), parent=None)


def own_task(request: HttpRequest, pk: UUID | str) -> EligibilityTask:
    """One of them. Raises Http404, also for what is no id."""
    return _one(own_tasks(request), pk)


def own_tasks_and_paths(request: HttpRequest) -> QuerySet[EligibilityTask]:
    """The same with the single payers of searches, to be looked at and nothing else."""
    return EligibilityTask.objects.filter(clinic__in=visible_clinic_ids(request.user))


def own_task_or_path(request: HttpRequest, pk: UUID | str) -> EligibilityTask:
    """One of these. Raises Http404, also for what is no id."""
    return _one(own_tasks_and_paths(request), pk)


def own_batch(request: HttpRequest, pk: UUID | str) -> Batch:
    """A batch of one of the person's clinics. Raises Http404, also for what is no id."""
    batches = Batch.objects.filter(clinic__in=visible_clinic_ids(request.user))
    return _one(batches.select_related("clinic", "team", "submission"), pk)


def _one(rows: QuerySet[Any], pk: UUID | str) -> Any:
    try:
        return rows.get(pk=UUID(str(pk)))
    except (ValueError, rows.model.DoesNotExist):
        raise Http404("no such row") from None


def rerun(request: HttpRequest, tasks: QuerySet[EligibilityTask]) -> Moved:
    """Ask again, with an audit event for every check that moves."""
    final = tasks.filter(status__in=FINAL)
    return _act(request, tasks, final, Verb.RERUN, retry_tasks)


def cancel(request: HttpRequest, tasks: QuerySet[EligibilityTask]) -> Moved:
    """Cancel, with an audit event for every check that moves."""
    unfinished = tasks.exclude(status__in=FINAL)
    return _act(request, tasks, unfinished, Verb.CANCELLED, cancel_tasks)


@transaction.atomic
def _act(
    request: HttpRequest,
    tasks: QuerySet[EligibilityTask],
    moving: QuerySet[EligibilityTask],
    verb: Verb,
    operation: Callable[..., Moved],
) -> Moved:
    """Hold the rows, note which of them will move, move them."""
    user: Any = request.user
    held = moving.order_by("pk").select_for_update(of=("self",))
    targets = [audit.Target.of(task) for task in held.only("pk", "team_id", "clinic_id")]
    moved = operation(tasks=tasks, actor=user.pk)
    if targets:
        audit.record_many(verb=verb, actor=audit.actor_of(request), targets=targets)
    return moved
