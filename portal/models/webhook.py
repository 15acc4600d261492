"""Webhooks: who wants to hear of what, what there is to tell, and whether it was heard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from portal import objectid
from portal.models.team import Clinic, Team


class WebhookType(models.TextChoices):
    """What is told (api-contract, section 6). `task.cancelled` and `webhook.test` are ours."""

    TASK_DONE = "task.done", "A check was answered"
    TASK_FAILED = "task.failed", "A check failed"
    TASK_CANCELLED = "task.cancelled", "A check was cancelled"
    TASK_NEEDS_ATTENTION = "task.needs_attention", "A check needs attention"
    TASK_CHANGED = "task.changed", "An answer differs from the last one"
    BATCH_COMPLETED = "batch.completed", "A batch has ended"
    RECORDS_BATCH_COMPLETED = "records.batch.completed", "Practitioner records were brought in"
    TEST = "webhook.test", "A test of the endpoint"


SUBSCRIBABLE = tuple(each for each in WebhookType if each is not WebhookType.TEST)
"""What an endpoint may ask for; a test is sent to whom it tests, whatever it asked for."""


class DisabledReason(models.TextChoices):
    """Why nothing is sent to an endpoint any more."""

    FAILING = "failing", "It did not take an event in 3 days"
    GONE = "gone", "It answered 410 Gone"
    BY_HAND = "by_hand", "Somebody switched it off"


class DeliveryState(models.TextChoices):
    """Where the delivery of one event to one endpoint stands.

    pending ──answered 2xx──▶ delivered
       │ ▲└──every retry used up, or 410──▶ failed
       └─┘ tried again later            replayed: delivered, failed ──▶ pending
    """

    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Sets of endpoints."""

    def listening(self) -> WebhookEndpointQuerySet:
        """Those that events are kept for; a paused one gets them when it is resumed."""
        return self.filter(disabled_at=None)

    def sending(self) -> WebhookEndpointQuerySet:
        """Those that events are sent to."""
        return self.listening().filter(paused_at=None)

    def disable(self, reason: DisabledReason) -> int:
        """Keep no more events for those that listen. Returns how many did."""
        return self.listening().update(disabled_at=Now(), disabled_reason=reason)

    def enable(self) -> int:
        """Let those that were disabled listen again, to what happens from now on."""
        disabled = self.filter(disabled_at__isnull=False)
        return disabled.update(disabled_at=None, disabled_reason="", listens_from=Now())


class WebhookEndpoint(models.Model):
    """An address of an integrator that events of a team are sent to.

    `clinic` narrows it to one clinic's checks and batches; null hears of the whole team's.
    `event_types` are values of `WebhookType`; empty wants all. `secret` (`whsec_…`) is sealed
    (`portal.sealing`) and shown once; after a rotation `previous_secret` signs beside it until
    `previous_until`.

    listening ⇄ paused (events wait, nothing is sent)
        └──no event taken for 3 days, 410, or by hand──▶ disabled (no events are kept) ──▶ listening
    `listens_from` is when it last began to listen.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="webhook_endpoints")
    clinic = models.ForeignKey(
        Clinic, null=True, blank=True, on_delete=models.PROTECT, related_name="webhook_endpoints"
    )
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(default=list, blank=True)
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    listens_from = models.DateTimeField(db_default=Now())
    paused_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(
        max_length=16, choices=DisabledReason, blank=True, db_default=""
    )

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(disabled_at=None) & Q(disabled_reason=""))
                | (Q(disabled_at__isnull=False) & Q(disabled_reason__in=DisabledReason.values)),
                name="webhook_disabled_for_a_reason",
            )
        ]
        indexes = [models.Index(fields=["team", "-created_at", "-id"], name="webhook_newest")]

    def __str__(self) -> str:
        return f"Webhook …{self.pk.hex[-8:]}"

    def wants(self, event_type: str) -> bool:
        """Whether events of this type are sent to it."""
        return not self.event_types or event_type in self.event_types

    def hears_of(self, clinic_id: Any) -> bool:
        """Whether it is told of this clinic; None is what belongs to the team as a whole."""
        return self.clinic_id is None or clinic_id is None or self.clinic_id == clinic_id

    def state(self) -> str:
        """In one word: "disabled", "paused" or "enabled"."""
        if self.disabled_at is not None:
            return "disabled"
        return "paused" if self.paused_at is not None else "enabled"

    def rotating(self, now: datetime | None = None) -> bool:
        """Whether the secret before the last rotation still signs beside the new one."""
        until = self.previous_until
        return bool(self.previous_secret) and until is not None and until > (now or timezone.now())


class WebhookEvent(models.Model):
    """Something that happened, as it is told; written in the transaction in which it happened.

    The id is the message's `webhook-id`, for every endpoint and every try. `subject` names what
    it is about (a task, a batch, a submission), and `sequence` rises with every event of a
    subject. `data` is what is told: ids, words and counts, nothing of a patient.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(
        Clinic, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    type = models.CharField(max_length=32, choices=WebhookType)
    subject = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    data = models.JSONField()
    request_id = models.CharField(max_length=64, blank=True, db_default="")
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "sequence"], name="webhook_event_once_a_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Sets of deliveries."""

    def pending(self) -> WebhookDeliveryQuerySet:
        """Those that are still to be made."""
        return self.filter(state=DeliveryState.PENDING)

    def replay(self) -> int:
        """Make these again, from the first try on. Returns how many were at their end."""
        ended = self.exclude(state=DeliveryState.PENDING)
        return ended.update(
            state=DeliveryState.PENDING, attempts=0, next_at=Now(), delivered_at=None
        )


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint, and how the last try went.

    `attempts` counts the tries that were begun, and guards the mark of each: one that is marked
    after another has begun changes nothing. While a try runs, `next_at` is when it is taken for
    lost and made again; `next_at` is null at the end. `subject` and `sequence` are the event's:
    a later event of a subject waits until the earlier ones have arrived.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    event = models.ForeignKey(
        WebhookEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    subject = models.UUIDField()
    sequence = models.PositiveBigIntegerField()
    state = models.CharField(max_length=16, choices=DeliveryState, db_default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    next_at = models.DateTimeField(null=True, db_default=Now())
    last_tried_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=200, blank=True, db_default="")
    milliseconds = models.PositiveIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="webhook_delivery_once_an_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING, next_at__isnull=False)
                | (Q(state__in=["delivered", "failed"]) & Q(next_at=None)),
                name="webhook_delivery_due_while_pending",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_newest"
            ),
            models.Index(
                fields=["endpoint", "next_at", "id"], condition=Q(state="pending"),
                name="webhook_delivery_due",
            ),
            models.Index(
                fields=["subject", "endpoint", "sequence"], condition=Q(state="pending"),
                name="webhook_delivery_order",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class WebhookTurn(models.Model):
    """The right to send, held by one job at a time: a new ticket each, good until `until`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    ticket = models.PositiveBigIntegerField(default=0)
    until = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"turn {self.ticket}"
