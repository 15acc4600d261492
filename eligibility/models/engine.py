"""What the workers say about themselves. Everything here may be deleted at any time."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class WorkerHost(models.Model):
    """One running `workers` command. `seen_at` is its own beat, `answered_at` its queue's."""

    id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    workers = models.PositiveIntegerField()
    synthetic_url = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}:{self.pid}"


class DrainSlotQuerySet(models.QuerySet["DrainSlot"]):
    """Sets of slots."""

    def free(self) -> int:
        """Free them; the tickets of the jobs that held them open nothing any more."""
        return self.update(state=DrainSlot.State.FREE, worker="", ticket=F("ticket") + 1)


class DrainSlot(models.Model):
    """A place for one drain job of a host; compare-and-swap on it bounds the jobs.

    free ──dispatcher or an accepted request──▶ queued ──the job starts──▶ busy ──▶ free
    A queued slot whose job got lost and a busy one whose beat stopped are freed by the
    dispatcher. The slots of a host that is about to stop are revoked.
    """

    class State(models.TextChoices):
        FREE = "free", "Free"
        QUEUED = "queued", "Queued"
        BUSY = "busy", "Busy"
        REVOKED = "revoked", "Revoked"

    host = models.ForeignKey(WorkerHost, on_delete=models.CASCADE, related_name="slots")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.FREE)
    ticket = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True)
    beat_at = models.DateTimeField(null=True)

    objects = DrainSlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "number"], name="drain_slot_once_a_host"),
            models.CheckConstraint(
                condition=Q(state__in=["free", "queued", "busy", "revoked"]),
                name="drain_slot_state_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.number} of {self.host_id}"


class InvariantResult(models.Model):
    """What the last `check_invariants` found of the promises of one name (I1, I2, …).

    `examined` and `violations` are sums over the promises of that name.
    """

    name = models.CharField(primary_key=True, max_length=8)
    examined = models.PositiveBigIntegerField()
    violations = models.PositiveBigIntegerField()
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.violations} of {self.examined}"
