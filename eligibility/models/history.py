"""What became of a task's question and state: its corrections and its moves. Insert-only."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from eligibility.models.task import EligibilityTask


class TaskRevision(models.Model):
    """One correction of a task's question: field by field, before and after. Insert-only."""

    task = models.ForeignKey(EligibilityTask, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    changes = models.JSONField()
    made_by = models.CharField(max_length=24, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="revision_number_once_a_task")
        ]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.task_id}"


class TaskEvent(models.Model):
    """One move of a task, written in the move's own transaction. Insert-only.

    `actor` is "engine", or the 24-hex id of the key or user; `note` is a failure class, a
    count or a word, never a patient's.
    """

    task = models.ForeignKey(
        EligibilityTask, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    at = models.DateTimeField(db_default=Now())
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    actor = models.CharField(max_length=24)
    note = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        indexes = [models.Index(fields=["task", "id"], name="event_of_task")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
