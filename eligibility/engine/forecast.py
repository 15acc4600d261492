"""When a batch will be finished, from the measured pace of its lanes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    """Answers a second of one lane, see `paces`."""
    return paces([lane])[lane.pk]


def paces(lanes: Collection[Connection]) -> dict[int, float]:
    """Answers a second by lane: what its slots can do at the mean time of its last 200 answers.

    A lane's configured pace until there are that many. A row that failed was not answered,
    perhaps not even asked, so it says nothing. One statement, however many lanes.
    """
    times: dict[int, list[float]] = {lane.pk: [] for lane in lanes}
    for pk, start, end in _last_answers(list(times)):
        times[pk].append((_moment(end) - _moment(start)).total_seconds())
    return {lane.pk: _pace(lane, times[lane.pk]) for lane in lanes}


def _pace(lane: Connection, seconds: list[float]) -> float:
    if len(seconds) < MEASURED_ANSWERS:
        return lane.expected_pace
    return lane.max_in_flight / max(sum(seconds) / len(seconds), 0.001)


def _last_answers(lane_ids: list[int]) -> list[tuple[int, Any, Any]]:
    """(lane, asked at, finished at) of each lane's last answers: each lane walks its own index."""
    if not lane_ids:
        return []
    one = (
        "SELECT * FROM (SELECT connection_id, asked_at, finished_at"
        f" FROM {TASK} WHERE connection_id = %s AND {_FINISHED} AND outcome <> ''"
        f" AND asked_at IS NOT NULL ORDER BY finished_at DESC LIMIT {MEASURED_ANSWERS}) AS lane"
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(lane_ids)), lane_ids)
        times: list[tuple[int, Any, Any]] = cursor.fetchall()
    return times


def _moment(value: datetime | str) -> datetime:
    """A moment as a raw read gives it: SQLite's is text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def batch_finish(batch: Batch, *, connections: Iterable[Connection], now: datetime) -> datetime:
    """When the slowest lane will have answered the batch's last row, rounded up to 5 minutes.

    In the clinic's zone, and never before the batch's start.
    """
    own = _rows_in_line("batch_id = %s", [database_uuid(batch.pk)])
    lanes = [lane for lane in connections if lane.pk in own]
    finish = last_answer(batch, rows=own, lanes=lanes, now=now)
    return round_up(finish).astimezone(batch.clinic.zone)


def last_answer(
    batch: Batch, *, rows: Mapping[int, int], lanes: Collection[Connection], now: datetime
) -> datetime:
    """The same moment as it is reckoned; `rows` are the batch's rows in line by lane.

    Each lane first works off what is due before the batch starts.
    """
    start = max(batch.scheduled_for or now, now)
    due = connection.ops.adapt_datetimefield_value(start)
    ahead = _rows_in_line(
        f"connection_id IN ({', '.join(['%s'] * len(rows)) or 'NULL'})"
        " AND run_at <= %s AND (batch_id IS NULL OR batch_id <> %s)",
        [*rows, due, database_uuid(batch.pk)],
    )
    finish = start
    for pk, answers_a_second in paces(lanes).items():
        each = timedelta(seconds=1 / answers_a_second)
        finish = max(finish, start + rows[pk] * each, now + (rows[pk] + ahead.get(pk, 0)) * each)
    return finish


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
