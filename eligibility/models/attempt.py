"""Conversations with payers, and what they answered."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from eligibility.choices import AttemptState, Failure, Outcome
from eligibility.models.payer import Connection
from eligibility.models.task import EligibilityTask
from portal import objectid


class Attempt(models.Model):
    """One conversation with a payer about a task; polls belong to it; never overwritten.

    The row is the *intent*: it is committed before the payer is called. `looks` counts the
    calls of the conversation. `open` means that we have not heard the end of it:

    open ──an answer──▶ answered        open ──no answer──▶ failed

    `late` marks an answer that came after the task had moved on; it is kept here and never
    touches the task. `milliseconds` is the whole conversation's length.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    task = models.ForeignKey(
        EligibilityTask, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="attempts", db_index=False
    )
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=AttemptState, db_default=AttemptState.OPEN)
    looks = models.PositiveIntegerField(db_default=1)
    failure = models.CharField(max_length=24, choices=Failure, blank=True, db_default="")
    code = models.CharField(max_length=64, blank=True, db_default="")
    message = models.CharField(max_length=500, blank=True, db_default="")
    late = models.BooleanField(db_default=False)
    raw = models.JSONField(null=True)
    started_at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="attempt_number_once_a_task"),
            models.CheckConstraint(
                condition=Q(state__in=AttemptState.values), name="attempt_state_is_known"
            ),
            models.CheckConstraint(
                condition=(Q(state=AttemptState.FAILED) & Q(failure__in=Failure.values))
                | (~Q(state=AttemptState.FAILED) & Q(failure="")),
                name="attempt_failure_only_when_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.task_id}"


class Result(models.Model):
    """The normalised answer of an attempt (`results.Answer` as JSON). Immutable."""

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    task = models.ForeignKey(EligibilityTask, on_delete=models.CASCADE, related_name="results")
    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="result")
    outcome = models.CharField(max_length=24, choices=Outcome)
    answer = models.JSONField()
    synthetic = models.BooleanField()
    normaliser_version = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="result_outcome_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"result of {self.attempt_id}"
