"""What lanes did lately: their pace, their newest failures, their answers of the last minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from eligibility.choices import Failure
from eligibility.engine.lane.measured import NEWEST, Ended, Pace, measure
from eligibility.engine.lane.states import moment
from eligibility.engine.rows import TASK
from eligibility.models import Connection

LOOKED_AT = 2 * NEWEST
"""Newest ended rows of a lane that are read, since not every one of them was asked."""
MINUTE = timedelta(minutes=1)
_MOST_LANES = 200
"""Lanes of one statement: SQLite joins no more than 500 selects."""

# The index's own words: SQLite takes a partial index only where the query repeats them.
_ENDED = "status IN ('done', 'failed')"
_NOT_ASKED = frozenset(
    {
        Failure.INPUT_INVALID,
        Failure.PAYER_UNSUPPORTED,
        Failure.CREDENTIALS,
        Failure.INTERNAL,
    }
)
"""Failures of rows that kept no slot busy, or nobody knows how long."""


@dataclass(frozen=True, slots=True)
class Recent:
    """One lane's newest ended rows: the pace they show, how many there are, how they failed."""

    pace: Pace
    ended: int = 0
    failures: Counter[str] = field(default_factory=Counter)


def recents(lanes: Collection[Connection]) -> dict[int, Recent]:
    """Each lane's newest ended rows, by lane. One statement, for up to 200 lanes."""
    rows: dict[int, list[Sequence[Any]]] = {lane.pk: [] for lane in lanes}
    ids = list(rows)
    for first in range(0, len(ids), _MOST_LANES):
        for pk, *row in _newest(ids[first : first + _MOST_LANES]):
            rows[pk].append(row)
    return {lane.pk: _recent(lane, rows[lane.pk]) for lane in lanes}


def paces(lanes: Collection[Connection]) -> dict[int, Pace]:
    """The pace of each lane, by lane."""
    return {pk: recent.pace for pk, recent in recents(lanes).items()}


def answered_within(lane_ids: Iterable[int], *, since: datetime) -> dict[int, int]:
    """How many rows of each lane ended since then; lanes without any are left out."""
    ids = list(lane_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT connection_id, count(*) FROM {TASK} WHERE {_ENDED}"
            f" AND connection_id IN ({', '.join(['%s'] * len(ids))}) AND finished_at > %s"
            " GROUP BY connection_id",
            [*ids, connection.ops.adapt_datetimefield_value(since)],
        )
        return dict(cursor.fetchall())


def _newest(lane_ids: Sequence[int]) -> list[Sequence[Any]]:
    """(lane, due, asked, finished, calls, failure) of newest rows: each lane walks its index."""
    one = (
        "SELECT * FROM (SELECT connection_id, not_before, asked_at, finished_at, fence, failure"
        f" FROM {TASK} WHERE connection_id = %s AND {_ENDED}"
        f" ORDER BY finished_at DESC LIMIT {LOOKED_AT}) AS lane"
    )
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(lane_ids)), list(lane_ids))
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def _recent(lane: Connection, rows: Sequence[Sequence[Any]]) -> Recent:
    asked = [row for row in rows if row[1] is not None and row[4] not in _NOT_ASKED]
    ended = [_ended(*row) for row in asked[:NEWEST]]
    pace = measure(ended, slots=lane.max_in_flight, otherwise=lane.expected_pace)
    return Recent(pace, len(rows), Counter(row[4] for row in rows if row[4]))


def _ended(due: Any, asked: Any, finished: Any, calls: int, failure: str) -> Ended:
    return Ended(_seconds(due), _seconds(asked), _seconds(finished), calls)


def _seconds(value: datetime | str) -> float:
    """A moment of a raw read in seconds."""
    return moment(value).timestamp()
