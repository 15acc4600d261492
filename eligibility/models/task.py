"""One eligibility question about one patient, its corrections and its history."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from eligibility.choices import Failure, Look, Outcome, Priority, Review, Status
from eligibility.models.batch import Batch
from eligibility.models.payer import Connection, Payer
from eligibility.querysets import TaskQuerySet
from eligibility.search_keys import NameKey, PhoneKey
from portal import objectid
from portal.models import Clinic, Submission, Team


class EligibilityTask(models.Model):
    """One eligibility question about one patient (one row).

    The states and their moves are in `choices.Status` and `choices.TRANSITIONS`; only this
    module, `querysets` and `engine` write them, each as a compare-and-swap with an event.

    `request_dump` is the row as it came and never changes; a correction is a TaskRevision.
    `run_at` is the row's place in line: from then on a worker may take it; null while its
    batch is paused. `not_before` is the row's own earliest time. `held_before` is what its
    lane's clock of held time showed when it was first claimed (`engine/lane/patience.py`).
    `fence` rises at every claim and guards every later write. `look` says what the next call is
    when the row is waiting.
    A search (`is_search`) is never claimed: its payers are asked by its children, one row each,
    in the order of their `line`; `search_round` counts how often it began, and a child has the
    number of the round that made it. It waits while they are asked, and `run_at` then says when
    the dispatcher looks at it next.
    `reference_key` names (client reference, question); it is unique, so a repeated row finds
    the first one even when both arrive at the same moment.

    `result` is the *prevailing* answer (`results.prevailing`), the one people see: while the row
    is asked again or when that failed, the earlier one. `question_number` rises when a correction
    changes what is asked, `result_question` is the number that `result` answers: an answer to an
    earlier question is kept and shown, and prevails over none. `reused_from` is the task whose
    conversation got the answer, of a row that took one over without asking (`freshness`); it
    cannot be deleted before the rows that live on its answer.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    submission = models.ForeignKey(
        Submission, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    line = models.PositiveIntegerField(null=True)
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="children", db_index=False
    )
    created_by = models.CharField(max_length=24, blank=True)

    # the question
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    is_search = models.BooleanField(db_default=False)
    search_round = models.PositiveIntegerField(db_default=0)
    connection = models.ForeignKey(
        Connection, null=True, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    test_mode = models.BooleanField(db_default=False)
    id_type = models.CharField(max_length=64)
    id_value = models.CharField(max_length=64)
    id_key = models.CharField(max_length=64)
    visit_type = models.CharField(max_length=64, blank=True)
    service_date = models.DateField(null=True)
    name = models.CharField(max_length=300, blank=True)
    dob = models.DateField(null=True)
    phone = models.CharField(max_length=64, blank=True)
    doctor_name = models.CharField(max_length=300, blank=True)
    payer_name = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)
    extra_args = models.JSONField(default=dict)
    client_reference = models.CharField(max_length=200, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    request_dump = models.JSONField()
    warnings = models.JSONField(default=list)
    reference_key = models.CharField(max_length=32, null=True, unique=True)  # noqa: DJ001

    # the state
    status = models.CharField(max_length=16, choices=Status, db_default=Status.PENDING)
    outcome = models.CharField(max_length=24, choices=Outcome, blank=True, db_default="")
    failure = models.CharField(max_length=24, choices=Failure, blank=True, db_default="")
    failure_message = models.CharField(max_length=500, blank=True, db_default="")
    review = models.CharField(max_length=16, choices=Review, db_default=Review.NONE)
    version = models.PositiveIntegerField(db_default=1)
    result = models.ForeignKey(
        "Result", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    interim = models.JSONField(null=True)
    question_number = models.PositiveIntegerField(db_default=0)
    result_question = models.PositiveIntegerField(db_default=0)
    reused_from = models.ForeignKey(
        "self", null=True, on_delete=models.RESTRICT, related_name="reused_by", db_index=False
    )

    # the work
    run_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField()
    fence = models.PositiveIntegerField(db_default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True, db_default="")
    look = models.CharField(max_length=16, choices=Look, blank=True, db_default=Look.NONE)
    handle = models.CharField(max_length=500, blank=True, db_default="")
    failed_conversations = models.PositiveIntegerField(db_default=0)
    crashes = models.PositiveIntegerField(db_default=0)
    first_claimed_at = models.DateTimeField(null=True)
    held_before = models.FloatField(db_default=0.0)
    asked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="task_status_is_known"
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.DONE) & Q(outcome__in=Outcome.values))
                | (~Q(status=Status.DONE) & Q(outcome="")),
                name="task_outcome_only_when_done",
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.FAILED) & Q(failure__in=Failure.values))
                | (~Q(status=Status.FAILED) & Q(failure="")),
                name="task_failure_only_when_failed",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.RUNNING, lease_until__isnull=False)
                | (~Q(status=Status.RUNNING) & Q(lease_until__isnull=True)),
                name="task_lease_only_when_running",
            ),
            models.CheckConstraint(
                condition=Q(review__in=Review.values), name="task_review_is_known"
            ),
            models.CheckConstraint(condition=Q(look__in=Look.values), name="task_look_is_known"),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values), name="task_priority_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "priority", "run_at", "id"],
                condition=Q(status__in=[Status.PENDING, Status.WAITING]),
                name="task_line",
            ),
            # Whose turn it is in a lane: its clinics, and within each its batches.
            models.Index(
                F("connection"),
                F("priority"),
                F("clinic"),
                Coalesce("batch", "clinic"),
                F("run_at"),
                F("id"),
                condition=Q(status__in=[Status.PENDING, Status.WAITING]),
                name="task_turns",
            ),
            # What a lane goes on with when it may begin nothing new.
            models.Index(
                fields=["connection", "priority", "run_at", "id"],
                condition=Q(status=Status.WAITING),
                name="task_looks",
            ),
            models.Index(
                fields=["connection", "lease_until"],
                condition=Q(status=Status.RUNNING),
                name="task_running",
            ),
            models.Index(
                fields=["run_at"],
                condition=Q(crashes__gt=0, status__in=[Status.PENDING, Status.WAITING]),
                name="task_suspects",
            ),
            models.Index(fields=["batch", "line"], name="task_of_batch"),
            # What staff's lists filter and search by. Lists show the newest rows first, children
            # never; an index that ends in that order gives a page without sorting.
            models.Index(
                fields=["clinic", "-created_at", "-id"],
                condition=Q(parent=None),
                name="task_newest_of_clinic",
            ),
            models.Index(
                fields=["clinic", "status", "outcome", "-created_at", "-id"],
                condition=Q(parent=None),
                name="task_by_state",
            ),
            models.Index(
                fields=["clinic", "payer", "-created_at", "-id"],
                condition=Q(parent=None),
                name="task_by_payer",
            ),
            models.Index(
                fields=["clinic", "service_date", "-created_at", "-id"],
                condition=Q(parent=None),
                name="task_by_visit",
            ),
            # Few rows fail, and they are looked for by cause and by payer all day.
            models.Index(
                fields=["clinic", "failure", "-created_at", "-id"],
                condition=Q(parent=None) & ~Q(failure=""),
                name="task_by_failure",
            ),
            models.Index(
                fields=["clinic", "payer", "status", "outcome", "-created_at", "-id"],
                condition=Q(parent=None) & ~Q(failure=""),
                name="task_failed_by_payer",
            ),
            models.Index(
                fields=["clinic", "review", "-created_at", "-id"],
                condition=Q(parent=None) & ~Q(review=Review.NONE),
                name="task_by_review",
            ),
            models.Index(
                fields=["clinic", "-created_at", "-id"],
                condition=Q(parent=None, test_mode=True),
                name="task_of_tests",
            ),
            models.Index(
                fields=["clinic", "id_key"],
                opclasses=["uuid_ops", "text_pattern_ops"],
                condition=Q(parent=None),
                name="task_by_identifier",
            ),
            models.Index(
                fields=["clinic", "client_reference"],
                opclasses=["uuid_ops", "text_pattern_ops"],
                condition=Q(parent=None),
                name="task_by_reference",
            ),
            models.Index(
                F("clinic"), NameKey("name"), condition=Q(parent=None), name="task_by_name"
            ),
            models.Index(
                F("clinic"), PhoneKey("phone"), condition=Q(parent=None), name="task_by_phone"
            ),
            models.Index(
                fields=["parent"], condition=Q(parent__isnull=False), name="task_children"
            ),
            models.Index(
                fields=["reused_from"],
                condition=Q(reused_from__isnull=False),
                name="task_reused_by",
            ),
            models.Index(
                fields=["connection", "-finished_at"],
                condition=Q(status__in=[Status.DONE, Status.FAILED]),
                name="task_pace",
            ),
            models.Index(
                fields=["clinic", "payer", "failure", "outcome", "created_at", "id"],
                condition=Q(review=Review.NEEDS_ATTENTION, parent=None),
                name="task_attention",
            ),
        ]

    def __str__(self) -> str:
        return f"Task {self.id}"
