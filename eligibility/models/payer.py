"""Who answers, and how a team reaches them."""

from __future__ import annotations

import zoneinfo

from django.db import models
from django.db.models import Q
from django.utils import timezone

from eligibility.lane_limits import validate_blackouts, validate_windows
from portal.models import Team
from portal.models.team import validate_timezone


class Payer(models.Model):
    """Whoever answers (a TPA, an insurer), or a search that asks several of them.

    The rules are data: `id_types` and `visit_types` are the codes this payer takes (no visit
    types: none is checked), `requires` is a list of {"field", "when": {field: [values]}},
    `members` (searches only) are the codes of the payers asked. They hold since `rules_from`;
    what held before and what was announced for a later day are its `versions`.
    """

    class Kind(models.TextChoices):
        TPA = "tpa", "TPA"
        INSURER = "insurer", "Insurer"
        SEARCH = "search", "Search"

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Kind)
    id_types = models.JSONField(default=list)
    visit_types = models.JSONField(default=list, blank=True)
    requires = models.JSONField(default=list, blank=True)
    optional = models.JSONField(default=list, blank=True)
    aliases = models.JSONField(default=list, blank=True)
    members = models.JSONField(default=list, blank=True)
    is_active = models.BooleanField(default=True)
    rules_from = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["tpa", "insurer", "search"]), name="payer_kind_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Connection(models.Model):
    """How a team reaches a payer: connector, settings and limits. Its queue is the payer's lane.

    A team's *test connection* has no payer: it serves `test_mode` rows.
    Times are seconds. `max_conversations` counts failed conversations of one row before it is
    failed for good; `give_up_after` bounds the same in time from the row's first claim, time
    in a held lane left out. `deadline` is for one call; `answer_within` for a conversation that
    the payer answers with "later": from the question until the look that must bring the answer.

    The lane's pace: `max_in_flight` calls at a time, `rate_windows` ([{"calls", "seconds"}],
    all of them hold), `daily_cap` conversations a day. `blackouts` ([{"days", "from", "to"}],
    see `lane_limits`) are hours without calls. Hours and days are those of `timezone`: the
    payer's clock, since clinics in several zones may share the lane. The breaker's pause is
    `breaker_min` at first and never longer than `breaker_max`. What the lane has used up, and
    whether the payer is trusted, stands in its LaneState.

    `freshness` says per visit type how long an answer may be reused (`eligibility.freshness`);
    empty: never. The test connection, which stands for no payer, never reuses.
    `secrets_version` rises with every change of a secret: workers keep the opened ones in memory.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="connections")
    payer = models.ForeignKey(
        Payer, null=True, blank=True, on_delete=models.PROTECT, related_name="connections"
    )
    name = models.CharField(max_length=200)
    connector = models.CharField(max_length=32)
    settings = models.JSONField(default=dict, blank=True)
    secrets_version = models.PositiveIntegerField(default=0, editable=False)
    base_url = models.CharField(
        max_length=500, blank=True, help_text="Empty: the portal's own synthetic payer."
    )
    is_active = models.BooleanField(default=True)
    max_in_flight = models.PositiveIntegerField(default=4)
    deadline = models.FloatField(default=60.0)
    max_conversations = models.PositiveIntegerField(default=5)
    give_up_after = models.FloatField(default=86_400.0)
    answer_within = models.FloatField(default=14_400.0)
    backoff_min = models.FloatField(default=5.0)
    backoff_max = models.FloatField(default=600.0)
    expected_pace = models.FloatField(
        default=1.0, help_text="Answers a second, until there are enough to measure."
    )
    rate_windows = models.JSONField(default=list, blank=True, validators=[validate_windows])
    daily_cap = models.PositiveIntegerField(null=True, blank=True)
    blackouts = models.JSONField(default=list, blank=True, validators=[validate_blackouts])
    timezone = models.CharField(max_length=64, default="Asia/Dubai", validators=[validate_timezone])
    breaker_min = models.FloatField(default=30.0)
    breaker_max = models.FloatField(default=600.0)
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_by = models.CharField(max_length=24, blank=True, editable=False)
    pause_reason = models.CharField(max_length=200, blank=True, editable=False)
    freshness = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "payer"], name="connection_once_a_team_and_payer"
            ),
            models.UniqueConstraint(
                fields=["team"],
                condition=Q(payer__isnull=True),
                name="connection_for_tests_once_a_team",
            ),
            models.CheckConstraint(
                condition=Q(max_in_flight__gte=1, deadline__gt=0, max_conversations__gte=1)
                & Q(backoff_min__gt=0, backoff_max__gte=models.F("backoff_min"))
                & Q(give_up_after__gt=0, expected_pace__gt=0),
                name="connection_limits_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(answer_within__gt=0), name="connection_answer_within_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(breaker_min__gt=0, breaker_max__gte=models.F("breaker_min"))
                & (Q(daily_cap__isnull=True) | Q(daily_cap__gte=1)),
                name="connection_lane_limits_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(paused_at__isnull=False) | Q(paused_by="", pause_reason=""),
                name="connection_pause_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the lane's days and hours."""
        return zoneinfo.ZoneInfo(self.timezone)
