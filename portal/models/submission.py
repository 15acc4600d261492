"""What came in as one request or file, and the rows of it that could not be accepted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

from django.db import connection, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from portal import objectid
from portal.models.team import Clinic, Team


class Submission(models.Model):
    """One bulk request or file as received, with its counts.

    `kind` names what the rows are ("eligibility.tasks"); `options` is what was asked beside
    the rows (schedule, profile), so that a rejected row can later be accepted in the same way.
    `announced_at` is when webhooks were told of it.
    """

    class Source(models.TextChoices):
        API = "api", "API"
        FILE = "file", "File"
        FORM = "form", "Form"

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="submissions")
    clinic = models.ForeignKey(
        Clinic, null=True, on_delete=models.PROTECT, related_name="submissions"
    )
    kind = models.CharField(max_length=32)
    source = models.CharField(max_length=8, choices=Source)
    options = models.JSONField(default=dict)
    total_rows = models.PositiveIntegerField()
    accepted_rows = models.PositiveIntegerField()
    rejected_rows = models.PositiveIntegerField()
    created_by = models.CharField(max_length=24, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    announced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(total_rows=models.F("accepted_rows") + models.F("rejected_rows")),
                name="submission_counts_add_up",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-created_at"], name="submission_newest"),
            models.Index(
                fields=["kind", "team", "created_at"],
                condition=Q(announced_at=None),
                name="submission_not_announced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class RowState(models.TextChoices):
    """What became of a rejected row.

    open ──▶ accepted (fixed) | superseded (a later row brought its reference) | discarded
      ▲─────────┘ when the fix is taken back
    """

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    SUPERSEDED = "superseded", "Superseded by a later row"
    DISCARDED = "discarded", "Discarded"


class RejectedRowQuerySet(models.QuerySet["RejectedRow"]):
    """Sets of rejected rows."""

    def open(self) -> RejectedRowQuerySet:
        """Rows that still wait for somebody."""
        return self.filter(state=RowState.OPEN)

    def with_ids(self, ids: Iterable[uuid.UUID]) -> RejectedRowQuerySet:
        """The rows with these ids, in one parameter however many they are."""
        return self.filter(pk__in=_ids_as_rows(list(ids)))

    def discard(self) -> int:
        """Settle these open rows, which the caller has locked, without anything made of them."""
        return self.open().update(
            state=RowState.DISCARDED, version=F("version") + 1, updated_at=timezone.now()
        )

    def reopen(self) -> int:
        """Let these accepted rows, which the caller has locked, wait again as they were."""
        return self.filter(state=RowState.ACCEPTED).update(
            state=RowState.OPEN,
            accepted_as="",
            version=F("version") + 1,
            updated_at=timezone.now(),
        )

    def replaced_by_file(self) -> int:
        """Close those of these open rows that no reference names: their very file comes again."""
        return (
            self.open()
            .filter(client_reference="")
            .update(state=RowState.SUPERSEDED, version=F("version") + 1, updated_at=timezone.now())
        )

    def supersede(
        self,
        *,
        clinic: Clinic | None = None,
        team: Team | None = None,
        kind: str,
        references: Iterable[str],
    ) -> int:
        """Close the open rows of a clinic, or a team, that later rows of one reference replace.

        Another clinic of the team may count its references in the same way; its rows stay.
        Returns how many were closed.
        """
        submissions = Submission.objects.filter(kind=kind)
        if clinic is not None:
            submissions = submissions.filter(team=clinic.team_id, clinic=clinic)
        else:
            submissions = submissions.filter(team=team)
        # No join: each condition must hold again for a row that somebody is settling just now.
        waiting = self.open().exclude(client_reference="").filter(submission__in=submissions)
        if not waiting.exists():
            return 0
        return waiting.filter(client_reference__in=_as_rows(list(references))).update(
            state=RowState.SUPERSEDED, version=F("version") + 1, updated_at=timezone.now()
        )


def _ids_as_rows(ids: list[uuid.UUID]) -> RawSQL:
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", [ids])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([each.hex for each in ids])])


def _as_rows(texts: list[str]) -> RawSQL:
    """Any number of texts as a subquery with one parameter: both databases limit their number."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::text[])", [texts])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(texts)])


class RejectedRow(models.Model):
    """A row that could not be accepted, kept as it came with its errors until it is settled.

    `line` is the row's place in the request (from 0) or file; `errors` are Issue details.
    `topic` and `cause` tell which rows have the same fault: what the row is about, in the words
    of its kind (a check's payer code; empty when unknown), and its first error with the field,
    such as "visit_type.unknown/visit_type". Neither ever holds what the row itself says.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="rejected")
    line = models.PositiveIntegerField()
    raw = models.JSONField(null=True)  # a row may be a bare null
    errors = models.JSONField()
    topic = models.CharField(max_length=64, blank=True, db_default="")
    cause = models.CharField(max_length=100, blank=True, db_default="")
    client_reference = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=RowState, default=RowState.OPEN)
    version = models.PositiveIntegerField(default=1)
    accepted_as = models.CharField(max_length=36, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RejectedRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "line"], name="rejected_row_once_a_line"),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values), name="rejected_row_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["client_reference"],
                condition=Q(state=RowState.OPEN) & ~Q(client_reference=""),
                name="rejected_row_by_reference",
            ),
            models.Index(
                fields=["topic", "cause", "submission", "line"],
                condition=Q(state=RowState.OPEN),
                name="rejected_row_by_cause",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.submission_id}"
