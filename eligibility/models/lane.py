"""What a lane has used up, and how far it trusts its payer at the moment."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from eligibility.choices import BreakerState, Failure
from eligibility.models.payer import Connection


class LaneState(models.Model):
    """The running state of one connection's lane, shared by all workers.

    Made when a worker or a verb first needs it; a connection without one is a fresh lane. It
    is written under its own lock, apart from the connection, whose settings people edit.
    Answers of a healthy lane without windows and cap write nothing here. Times are the
    database's clock.

    - pace: `tokens` are the calls left, {window's key: number}, as of `counted_at`;
      `conversations_today` were begun on `day`, in the connection's zone
    - breaker (`choices.BreakerState`): open or half open until `open_until`, the present pause
      being `pause` seconds; `opened_by` is the failure that opened it last, `failures` the
      times of the newest counted ones; answers before `judged_from` do not speak for the payer
    - login: the last `login_failures` calls were refused, the newest at `login_failed_at`; two
      lock the credential
    - slowed down: no call before `throttled_until`; the lane ran at `slowness` of its pace
      then, and gains speed from there on
    - retries: the next one is paid for at `retry_free_at`
    - held time: `closed_seconds` before `closed_from`, and from then until `closed_until`
      (null: until it is opened), see `engine/lane/patience.py`
    - the last test call that somebody asked for: when, whether it went well, and its code
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="lane_state"
    )
    tokens = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    counted_at = models.DateTimeField(null=True)
    day = models.DateField(null=True)
    conversations_today = models.PositiveIntegerField(default=0, db_default=0)

    breaker = models.CharField(
        max_length=16,
        choices=BreakerState,
        default=BreakerState.CLOSED,
        db_default=BreakerState.CLOSED,
    )
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(
        max_length=24, choices=Failure, blank=True, default="", db_default=""
    )
    open_until = models.DateTimeField(null=True)
    pause = models.FloatField(default=0.0, db_default=0.0)
    probe_task_id = models.UUIDField(null=True)
    failures = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    judged_from = models.DateTimeField(null=True)

    login_failures = models.PositiveIntegerField(default=0, db_default=0)
    login_failed_at = models.DateTimeField(null=True)
    credential_locked_at = models.DateTimeField(null=True)

    throttled_at = models.DateTimeField(null=True)
    throttled_until = models.DateTimeField(null=True)
    slowness = models.FloatField(default=1.0, db_default=1.0)

    retry_free_at = models.DateTimeField(null=True)

    closed_seconds = models.FloatField(default=0.0, db_default=0.0)
    closed_from = models.DateTimeField(null=True)
    closed_until = models.DateTimeField(null=True)

    last_probe_at = models.DateTimeField(null=True)
    last_probe_ok = models.BooleanField(null=True)
    last_probe_code = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(breaker__in=BreakerState.values), name="lane_breaker_is_known"
            ),
            models.CheckConstraint(
                condition=Q(breaker=BreakerState.CLOSED, open_until__isnull=True, pause=0)
                | (~Q(breaker=BreakerState.CLOSED) & Q(open_until__isnull=False, pause__gt=0)),
                name="lane_pause_only_when_not_closed",
            ),
            models.CheckConstraint(
                condition=Q(slowness__gt=0, slowness__lte=1, closed_seconds__gte=0),
                name="lane_numbers_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(closed_until__isnull=True) | Q(closed_from__isnull=False),
                name="lane_closure_has_a_beginning",
            ),
        ]

    def __str__(self) -> str:
        return f"lane of {self.connection_id}"
