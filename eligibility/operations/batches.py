"""What people do with a whole batch."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest, Now

from eligibility.choices import FINAL, Status
from eligibility.engine import slots
from eligibility.engine.rows import add_events
from eligibility.models import Batch, EligibilityTask


@transaction.atomic
def run_batch(*, batch: Batch) -> int:
    """Make a scheduled or paused batch due now. Returns how many rows were moved up.

    Rows that wait for a payer's answer keep their own next look.
    """
    Batch.objects.filter(pk=batch.pk).update(paused_at=None)
    moved = EligibilityTask.objects.filter(batch=batch, status=Status.PENDING).update(
        run_at=Now(), not_before=Now(), updated_at=Now()
    )
    if moved:
        slots.wake()
    return moved


@transaction.atomic
def pause_batch(*, batch: Batch) -> int:
    """Take the batch's pending rows out of the line. Rows already asked run to their end."""
    if not Batch.objects.filter(pk=batch.pk, paused_at=None, cancelled_at=None).update(
        paused_at=Now()
    ):
        return 0
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
    if moved:
        slots.wake()
    return moved


@transaction.atomic
def cancel_batch(*, batch: Batch, actor: str) -> int:
    """Cancel every row of the batch that has no final state yet. Returns how many.

    A call that has already left may still be answered: its answer is kept as late.
    """
    Batch.objects.filter(pk=batch.pk).update(cancelled_at=Coalesce(F("cancelled_at"), Now()))
    open_rows = EligibilityTask.objects.filter(batch=batch).exclude(status__in=FINAL)
    rows = list(open_rows.select_for_update().order_by("pk").values_list("pk", "status"))
    open_rows.cancel()
    add_events([(pk, before, Status.CANCELLED, actor, "") for pk, before in rows])
    return len(rows)
