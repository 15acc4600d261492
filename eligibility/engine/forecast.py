"""When a batch will be finished, from the measured pace of its lanes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Q

from eligibility.choices import IN_LINE, Status
from eligibility.models import Batch, Connection, EligibilityTask

MEASURED_ANSWERS = 200
ROUND_TO = timedelta(minutes=5)


def pace(lane: Connection) -> float:
    """Answers a second: what the lane's slots can do at the mean time of its last 200 answers.

    The lane's configured pace until there are that many.
    """
    times = list(
        EligibilityTask.objects.filter(
            connection=lane,
            status__in=[Status.DONE, Status.FAILED],
            finished_at__isnull=False,
            asked_at__isnull=False,
        )
        .order_by("-finished_at")
        .values_list("asked_at", "finished_at")[:MEASURED_ANSWERS]
    )
    if len(times) < MEASURED_ANSWERS:
        return lane.expected_pace
    seconds = sum((end - start).total_seconds() for start, end in times if start and end) / len(
        times
    )
    return lane.max_in_flight / max(seconds, 0.001)


def batch_finish(batch: Batch, *, connections: Iterable[Connection], now: datetime) -> datetime:
    """When the slowest lane will have answered the batch's last row, rounded up to 5 minutes.

    Each lane first works off what is due before the batch starts. In the clinic's zone, and
    never before the batch's start.
    """
    start = max(batch.scheduled_for or now, now)
    in_line = Q(connection__isnull=False, status__in=IN_LINE)
    before = Q(run_at__lte=start) & ~Q(batch=batch)
    finish = start
    lanes = {lane.pk: lane for lane in connections}
    own = dict(
        EligibilityTask.objects.filter(in_line, batch=batch)
        .values_list("connection")
        .annotate(Count("pk"))
    )
    ahead = dict(
        EligibilityTask.objects.filter(in_line, before, connection__in=own)
        .values_list("connection")
        .annotate(Count("pk"))
    )
    for pk, rows in own.items():
        each = timedelta(seconds=1 / pace(lanes[pk]))
        finish = max(finish, start + rows * each, now + (rows + ahead.get(pk, 0)) * each)
    return round_up(finish).astimezone(batch.clinic.zone)


def round_up(moment: datetime) -> datetime:
    """The next full five minutes; a moment that is one already stays."""
    overshoot = timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment if not overshoot else moment - overshoot + ROUND_TO
