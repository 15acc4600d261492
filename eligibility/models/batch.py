"""A group of checks that came together."""

from __future__ import annotations

from django.db import models

from eligibility.querysets import BatchQuerySet
from portal import objectid
from portal.models import Clinic, Submission, Team


class Batch(models.Model):
    """A group of tasks: one bulk request, one file, one schedule.

    Its status and counts are derived from its rows (`Batch.objects.with_counts()`), never
    stored: scheduled, running, paused, completed, cancelled. A batch is never labelled by its
    worst row. `announced_at` is when webhooks were told of its end, null again as soon as another
    row of it ends; `announcements` counts how often they were.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="batches")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="batches")
    submission = models.OneToOneField(
        Submission, null=True, on_delete=models.PROTECT, related_name="batch"
    )
    description = models.CharField(max_length=500, blank=True)
    scheduled_for = models.DateTimeField(null=True, blank=True)
    expected_by = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    announced_at = models.DateTimeField(null=True, editable=False)
    announcements = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        indexes = [
            models.Index(fields=["clinic", "-created_at", "-id"], name="batch_newest_of_clinic"),
            models.Index(
                fields=["team", "created_at"],
                condition=models.Q(announced_at=None),
                name="batch_not_announced",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.id}"
