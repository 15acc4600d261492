"""The rules of a payer that held before, and those that will hold from a day on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from eligibility.models.payer import Payer

RULES = ("id_types", "visit_types", "requires", "optional", "members")
"""The columns of a payer that are its rules; its names and whether it is in use are none."""


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """When this day begins in this zone, in UTC; where it has no midnight, its first moment."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def rules_in(payer: Payer) -> dict[str, Any]:
    """A payer's rules as a version keeps them."""
    return {name: getattr(payer, name) for name in RULES}


class RulesVersionQuerySet(models.QuerySet["RulesVersion"]):
    """Sets of versions."""

    def announced(self) -> RulesVersionQuerySet:
        """Those that will hold, or hold already without their payer's row saying so."""
        return self.filter(state=RulesVersion.State.ANNOUNCED)

    def due(self) -> RulesVersionQuerySet:
        """Those of them whose day has begun, by the database's clock."""
        return self.announced().filter(effective_from__lte=Now())

    def past(self) -> RulesVersionQuerySet:
        """What held before, the newest first."""
        return self.filter(state=RulesVersion.State.REPLACED).order_by("-effective_until", "-pk")

    def begin(self) -> int:
        """Say that a due version's rules are its payer's now. Returns 1, or 0 when it is not due.

        A compare-and-swap: of two that begin it at once, one gets the 1 and writes the payer.
        """
        return self.due().update(state=RulesVersion.State.BEGUN)

    def withdraw(self) -> int:
        """Take announced versions back whose day has not begun. Returns how many."""
        coming = self.announced().filter(effective_from__gt=Now())
        return coming.update(state=RulesVersion.State.WITHDRAWN)

    def keep_replaced(self, payers: Iterable[Payer], *, until: datetime, actor: str) -> None:
        """Remember the rules that these payers have in hand, which end at this moment."""
        self.bulk_create(
            self.model(
                payer=payer,
                state=RulesVersion.State.REPLACED,
                rules=rules_in(payer),
                effective_from=min(payer.rules_from, until),
                effective_until=until,
                noted_by=actor,
            )
            for payer in payers
        )


class RulesVersion(models.Model):
    """Rules of a payer that are not, or not yet, those in its row.

    announced ──its day begins──▶ begun (the payer's row says the same)
        └──taken back before that──▶ withdrawn
    replaced: what the payer's row said from `effective_from` until `effective_until`.

    `rules` holds every column of RULES. An announced version begins with the first moment of a
    day in `zone`, that of whoever announced it: one moment for all clinics, since the
    registry is everybody's. Which rules hold is asked of the database's clock
    (`eligibility.registry`); the payer's row follows within a second (`engine.announced`).
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced", "Announced"
        BEGUN = "begun", "Begun"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Replaced"

    payer = models.ForeignKey(Payer, on_delete=models.CASCADE, related_name="versions")
    state = models.CharField(max_length=9, choices=State)
    rules = models.JSONField()
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True)
    zone = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=200, blank=True)
    noted_by = models.CharField(max_length=24, blank=True)
    noted_at = models.DateTimeField(default=timezone.now)

    objects = RulesVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payer"],
                condition=Q(state="announced"),
                name="rules_version_announced_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["announced", "begun", "withdrawn"], effective_until=None)
                | Q(state="replaced", effective_until__gte=models.F("effective_from")),
                name="rules_version_replaced_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["payer", "state", "-effective_until"], name="rules_version_past")
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} rules of payer {self.payer_id}"

    @property
    def day(self) -> date:
        """The day that an announced version begins with."""
        return self.effective_from.astimezone(ZoneInfo(self.zone or "UTC")).date()
