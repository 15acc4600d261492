"""When a batch will be finished, from the measured pace of its lanes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from eligibility.engine.rows import TASK, database_uuid
from eligibility.models import Batch, Connection

MEASURED_ANSWERS = 200
ROUND_TO = timedelta(minutes=5)

# The indexes' own words: SQLite takes a partial index only where the query repeats them.
_FINISHED = "status IN ('done', 'failed')"
_IN_LINE = "status IN ('pending', 'waiting')"


def pace(lane: Connection) -> float:
    """Answers a second: what the lane's slots can do at the mean time of its last 200 answers.

    The lane's configured pace until there are that many. A row that failed was not answered,
    perhaps not even asked, so it says nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT asked_at, finished_at FROM {TASK}"
            f" WHERE connection_id = %s AND {_FINISHED} AND outcome <> ''"
            f" AND asked_at IS NOT NULL ORDER BY finished_at DESC LIMIT {MEASURED_ANSWERS}",
            [lane.pk],
        )
        times = cursor.fetchall()
    if len(times) < MEASURED_ANSWERS:
        return lane.expected_pace
    seconds = sum((_moment(end) - _moment(start)).total_seconds() for start, end in times)
    return lane.max_in_flight / max(seconds / len(times), 0.001)


def _moment(value: datetime | str) -> datetime:
    """A moment as a raw read gives it: SQLite's is text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def batch_finish(batch: Batch, *, connections: Iterable[Connection], now: datetime) -> datetime:
    """When the slowest lane will have answered the batch's last row, rounded up to 5 minutes.

    Each lane first works off what is due before the batch starts. In the clinic's zone, and
    never before the batch's start.
    """
    start = max(batch.scheduled_for or now, now)
    finish = start
    lanes = {lane.pk: lane for lane in connections}
    batch_id, due = database_uuid(batch.pk), connection.ops.adapt_datetimefield_value(start)
    own = _rows_in_line("batch_id = %s", [batch_id])
    ahead = _rows_in_line(
        f"connection_id IN ({', '.join(['%s'] * len(own)) or 'NULL'})"
        " AND run_at <= %s AND (batch_id IS NULL OR batch_id <> %s)",
        [*own, due, batch_id],
    )
    for pk, rows in own.items():
        each = timedelta(seconds=1 / pace(lanes[pk]))
        finish = max(finish, start + rows * each, now + (rows + ahead.get(pk, 0)) * each)
    return round_up(finish).astimezone(batch.clinic.zone)


def _rows_in_line(condition: str, parameters: list[Any]) -> dict[int, int]:
    """How many rows of each lane are in line, of those that meet the condition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT connection_id, count(*) FROM {TASK} WHERE {condition} AND {_IN_LINE}"
            " AND connection_id IS NOT NULL GROUP BY connection_id",
            parameters,
        )
        return dict(cursor.fetchall())


def round_up(moment: datetime) -> datetime:
    """The next full five minutes; a moment that is one already stays."""
    overshoot = timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment if not overshoot else moment - overshoot + ROUND_TO
