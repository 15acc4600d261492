"""Places for drain jobs: how many may run or be queued at once, and who holds which."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django_q.brokers import get_broker
from django_q.tasks import async_task

from eligibility.engine import lanes
from eligibility.models import DrainSlot, WorkerHost

ALIVE_FOR = timedelta(seconds=15)
"""A host that has not been seen for longer is taken for dead."""
QUEUED_FOR = timedelta(seconds=5)
BUSY_FOR = timedelta(seconds=40)
"""Longer than a silent worker lives (`engine.workers.silence`): its host ends it before."""

DRAIN_JOB = "eligibility.jobs.drain"


def wake(*, host_id: str | None = None) -> bool:
    """Queue one drain job if some live host has a free slot; True when one was queued.

    The job is a hint: lost, doubled or late it does no harm, and with no host alive the first
    to come back finds the rows by itself. Queued in the caller's transaction.
    """
    free = DrainSlot.objects.filter(state=DrainSlot.State.FREE, host__seen_at__gt=Now() - ALIVE_FOR)
    if host_id is not None:
        free = free.filter(host_id=host_id)
    return any(_queue(slot) for slot in free.order_by("number", "host_id")[:3])


def _queue(slot: DrainSlot) -> bool:
    """Compare-and-swap a free slot to queued, with a new ticket for the job to show.

    The job goes down the host's own queue: on another machine it would take a worker that is
    not its, under a process id that this host's supervisor cannot see.
    """
    with transaction.atomic():
        won = DrainSlot.objects.filter(
            pk=slot.pk, state=DrainSlot.State.FREE, ticket=slot.ticket
        ).update(state=DrainSlot.State.QUEUED, ticket=F("ticket") + 1, beat_at=Now())
        if won:
            options = {"broker": get_broker(slot.host_id), "save": False}
            async_task(DRAIN_JOB, slot.pk, slot.ticket + 1, q_options=options)
    return bool(won)


def wake_if_due() -> bool:
    """Queue the next drain job if rows are due."""
    return lanes.any_due() and wake()


def take(slot_id: int, ticket: int, worker: str) -> bool:
    """The job shows its ticket: True when the slot is its to use; a doubled job gets False."""
    taken = DrainSlot.objects.filter(
        pk=slot_id, ticket=ticket, state=DrainSlot.State.QUEUED
    ).update(state=DrainSlot.State.BUSY, worker=worker, beat_at=Now())
    return bool(taken)


def is_first(slot_id: int) -> bool:
    """Whether this is its host's first slot, the one whose drains try suspects."""
    return DrainSlot.objects.filter(pk=slot_id, number=0).exists()


def beat(slot_id: int, ticket: int) -> bool:
    """Say that the drain is alive. False when the slot is no longer its own: claim no more."""
    return bool(
        DrainSlot.objects.filter(pk=slot_id, ticket=ticket, state=DrainSlot.State.BUSY).update(
            beat_at=Now()
        )
    )


def free(slot_id: int, ticket: int) -> None:
    """Give the slot back."""
    DrainSlot.objects.filter(pk=slot_id, ticket=ticket).free()


def free_stale() -> int:
    """Free the slots whose job got lost or whose drain stopped beating."""
    return DrainSlot.objects.filter(
        Q(state=DrainSlot.State.QUEUED, beat_at__lt=Now() - QUEUED_FOR)
        | Q(state=DrainSlot.State.BUSY, beat_at__lt=Now() - BUSY_FOR)
    ).free()


def free_of_dead(workers: list[str]) -> int:
    """Free the slots of workers that were seen to die."""
    return DrainSlot.objects.filter(worker__in=workers, state=DrainSlot.State.BUSY).free()


def free_host(host_id: str) -> None:
    """Free all slots of a host whose workers have ended."""
    DrainSlot.objects.filter(host_id=host_id).free()


def revoke_host(host_id: str) -> None:
    """Take all slots of a host away: its drains end their calls and claim no more."""
    DrainSlot.objects.filter(host_id=host_id).update(
        state=DrainSlot.State.REVOKED, ticket=F("ticket") + 1
    )


def forget_host(host_id: str) -> None:
    """The host has left, and nobody will read its queue."""
    get_broker(host_id).purge_queue()
    WorkerHost.objects.filter(pk=host_id).delete()
