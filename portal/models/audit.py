"""Who did what, when: kept for good."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from portal import objectid
from portal.models.team import Clinic, Team


class Verb(models.TextChoices):
    """What was done. The words are stored; a new one needs no migration."""

    CREATED = "created", "Created"
    CHANGED = "changed", "Changed"
    ACTIVATED = "activated", "Switched on"
    DEACTIVATED = "deactivated", "Switched off"
    REVOKED = "revoked", "Revoked"
    ROTATED = "rotated", "Replaced"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    SIGNED_IN = "signed_in", "Logged in"
    SIGNED_OUT = "signed_out", "Logged out"
    FIXED = "fixed", "Corrected"
    UNDONE = "undone", "Taken back"
    RERUN = "rerun", "Re-run"
    STARTED = "started", "Started at once"
    CANCELLED = "cancelled", "Cancelled"
    PAUSED = "paused", "Paused"
    RESUMED = "resumed", "Resumed"
    IMPORTED = "imported", "Brought in"
    ACCEPTED = "accepted", "Accepted"
    RESOLVED = "resolved", "Settled"
    DELETED = "deleted", "Deleted"
    DISCARDED = "discarded", "Discarded"
    EXPORTED = "exported", "Exported"
    REVEALED = "revealed", "Shown in full"
    LOCKED = "locked", "Locked"
    UNLOCKED = "unlocked", "Unlocked"
    TESTED = "tested", "Tested"
    ANNOUNCED = "announced", "Announced"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ActorKind(models.TextChoices):
    """Who acts."""

    USER = "user", "Person"
    KEY = "key", "API key"
    COMMAND = "command", "Command"
    SYSTEM = "system", "Portal"


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    """Sets of events: they are added and read, nothing else."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TypeError("audit events are never changed")

    def delete(self) -> NoReturn:
        """Never."""
        raise TypeError("audit events are never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TypeError("audit events are never changed")


class AuditEvent(models.Model):
    """One deed: who, when, what, on which row, and what it changed. Append-only.

    The database itself refuses an UPDATE (a trigger, see the migration). `changes` is
    {field: [before, after]} of the changed fields only, `details` are facts beside them
    (counts, a file's kind); secrets and patients' identifiers stand masked in both.
    `object_kind` is a model's label ("eligibility.payer"), `object_name` what the row is
    called, never a patient.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    at = models.DateTimeField(default=timezone.now)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT, related_name="+")
    actor_kind = models.CharField(max_length=8, choices=ActorKind)
    actor_id = models.CharField(max_length=24, blank=True)
    actor_name = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=32)
    object_kind = models.CharField(max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = "audit event"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(actor_kind__in=ActorKind.values), name="audit_actor_is_known"
            )
        ]
        indexes = [
            models.Index(fields=["team", "-at"], name="audit_newest"),
            models.Index(fields=["object_kind", "object_id"], name="audit_by_object"),
            models.Index(fields=["actor_id", "-at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        # Not the object's name: whoever names an object may one day name a patient.
        return f"{dict(Verb.choices).get(self.verb, self.verb)} …{self.pk.hex[-8:]}"

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        """Never."""
        raise TypeError("audit events are never deleted")
