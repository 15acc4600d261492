"""One correction that was given to many rows at once, kept so that it can be taken back."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import moments, objectid
from portal.models.team import Team


class GroupFix(models.Model):
    """One correction of a group of rows with the same fault.

    `kind` says what the rows are (`portal.groupfix.kinds`), `cause` what was wrong with them in
    our own words ("npi.checksum/config"); neither says what a row says. made ──▶ undone, once.
    """

    id = models.UUIDField(primary_key=True, default=objectid.new_uuid, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=32)
    cause = models.CharField(max_length=100, blank=True)
    fixed = models.PositiveIntegerField()
    stayed = models.PositiveIntegerField()
    made_by = models.CharField(max_length=24)
    made_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "fix of a group"
        indexes = [models.Index(fields=["team", "made_by", "-made_at"], name="group_fix_newest")]

    def __str__(self) -> str:
        return f"Fix of {self.fixed} rows, {self.pk}"

    @property
    def age(self) -> str:
        """How long ago it was made: "5 min ago"."""
        return moments.age(self.made_at, timezone.now())


class FixedRow(models.Model):
    """One row of a group fix: what it became, and what an undo needs to know.

    `version` is the row's after the fix: whoever touches it later makes it another. `became` is
    the id of what was made of it; `before` depends on the kind.
    """

    fix = models.ForeignKey(GroupFix, on_delete=models.CASCADE, related_name="rows", db_index=False)
    row_id = models.UUIDField()
    version = models.PositiveIntegerField()
    became = models.CharField(max_length=36, blank=True)
    before = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fix", "row_id"], name="fixed_row_once_a_fix")
        ]

    def __str__(self) -> str:
        return f"row {self.row_id} of {self.fix_id}"
