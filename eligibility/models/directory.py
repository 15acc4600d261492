"""Which payer a team's patients are known at: what a search asks first."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from eligibility.models.payer import Payer
from eligibility.querysets import MemberQuerySet
from portal.models import Team


class KnownMember(models.Model):
    """One line of a team's member directory: somebody with this identifier is with this payer.

    `id_key` is the identifier's search key (`identifiers.search_key`), as tasks have it. Lines
    come from found results and from imported lists; a payer that no longer finds the member, or
    no longer covers them, takes its line out again. `seen_at` is when that was last known. The
    directory is only ever a hint: the payer is asked all the same.
    """

    class Source(models.TextChoices):
        RESULT = "result", "A payer's answer"
        IMPORT = "import", "An imported list"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    id_type = models.CharField(max_length=64)
    id_key = models.CharField(max_length=64)
    payer = models.ForeignKey(Payer, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=8, choices=Source)
    seen_at = models.DateTimeField(db_default=Now())

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "id_key", "id_type", "payer"], name="member_once_a_payer"
            ),
            models.CheckConstraint(
                condition=Q(source__in=["result", "import"]), name="member_source_is_known"
            ),
            models.CheckConstraint(condition=~Q(id_key=""), name="member_has_a_key"),
        ]

    def __str__(self) -> str:
        return f"known member {self.pk}"


class DirectoryMark(models.Model):
    """The one row that says how far the results have been read into the directory.

    Ids of results ascend with time, so `result` is the last one that was read.
    """

    result = models.UUIDField()

    def __str__(self) -> str:
        return f"read up to {self.result}"
