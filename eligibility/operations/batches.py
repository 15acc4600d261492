"""What people do with a whole batch."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Now

from eligibility.choices import FINAL, Status
from eligibility.engine import slots
from eligibility.engine.rows import add_events
from eligibility.engine.search import paths
from eligibility.models import Batch, EligibilityTask


def _unfinished() -> QuerySet[EligibilityTask]:
    return EligibilityTask.objects.exclude(status__in=FINAL)


@transaction.atomic
def run_batch(*, batch: Batch) -> int:
    """Make a scheduled or paused batch due now. Returns how many rows were moved up.

    Rows that are due already keep their place in line, and rows that wait for a payer's answer
    their own next look. The batch's own hour becomes now if it was to come.
    """
    mine = Batch.objects.filter(pk=batch.pk)
    mine.update(paused_at=None)
    mine.filter(scheduled_for__gt=Now()).update(scheduled_for=Now())
    pending = EligibilityTask.objects.filter(batch=batch, status=Status.PENDING)
    moved = pending.filter(Q(run_at=None) | Q(run_at__gt=Now())).update(
        run_at=Now(), not_before=Now(), updated_at=Now()
    )
    paths.hurry(EligibilityTask.objects.filter(batch=batch))
    if moved:
        slots.wake()
    return moved


@transaction.atomic
def pause_batch(*, batch: Batch) -> int:
    """Take the batch's pending rows out of the line. Rows already asked run to their end.

    A batch that has ended cannot be paused.
    """
    mine = Batch.objects.filter(Exists(_unfinished().filter(batch=OuterRef("pk"))), pk=batch.pk)
    if not mine.filter(paused_at=None, cancelled_at=None).update(paused_at=Now()):
        return 0
    paths.park(batch.pk)
    return EligibilityTask.objects.filter(batch=batch, status=Status.PENDING).update(
        run_at=None, updated_at=Now()
    )


@transaction.atomic
def resume_batch(*, batch: Batch) -> int:
    """Put the pending rows of a paused batch back in line, each at its own earliest time."""
    if not Batch.objects.filter(pk=batch.pk, paused_at__isnull=False).update(paused_at=None):
        return 0
    moved = EligibilityTask.objects.filter(batch=batch, status=Status.PENDING, run_at=None).update(
        run_at=Greatest(F("not_before"), Now()), updated_at=Now()
    )
    paths.hurry(EligibilityTask.objects.filter(batch=batch))
    if moved:
        slots.wake()
    return moved


@transaction.atomic
def cancel_batch(*, batch: Batch, actor: str) -> int:
    """Cancel every row of the batch that has no final state yet. Returns how many.

    A call that has already left may still be answered: its answer is kept as late. A batch
    that has ended stays as it ended.
    """
    unfinished = _unfinished().filter(batch=batch).select_for_update().order_by("pk")
    rows = list(unfinished.values_list("pk", "status"))
    if not rows:
        return 0
    Batch.objects.filter(pk=batch.pk).update(
        cancelled_at=Coalesce(F("cancelled_at"), Now()), paused_at=None
    )
    ids = [pk for pk, _ in rows]
    EligibilityTask.objects.with_ids(ids).cancel()
    add_events([(pk, before, Status.CANCELLED, actor, "") for pk, before in rows])
    paths.cancel_paths(ids, actor=actor)
    return len(rows)
