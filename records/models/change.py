"""What happened to records: kept for good, also when the record is gone."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models
from django.db.models.functions import Now

from portal.models import Submission, Team
from records.choices import Change
from records.querysets import ChangeQuerySet


class RecordChange(models.Model):
    """One change of one record: what it said before and after, who, where from. Append-only.

    `before` and `after` are {"logicalId", "integrationId", "config"}; null before a creation and
    after a deletion. A creation's `after` is not stored: it is the next change's `before`, or
    what the record still says (`operations.filled`). `version` is the record's after the change.
    `source` says by which road it came, `actor` is a person's or key's 24-hex id. The database
    itself refuses an UPDATE (a trigger, see the migration).
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_id = models.CharField(max_length=24)
    version = models.PositiveIntegerField()
    change = models.CharField(max_length=8, choices=Change)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.CharField(max_length=24, blank=True)
    source = models.CharField(max_length=8, choices=Submission.Source)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_default=Now())

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(change__in=Change.values), name="record_change_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(source__in=Submission.Source.values),
                name="record_change_source_is_known",
            ),
        ]
        indexes = [models.Index(fields=["record_id", "version"], name="change_by_record")]

    def __str__(self) -> str:
        return f"version {self.version} of {self.record_id}"

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        """Never."""
        raise TypeError("changes of records are never deleted")
