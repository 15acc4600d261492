"""How many rows stand in each lane: due, later, and waiting for the payer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from eligibility.engine.lane.states import moment
from eligibility.engine.rows import TASK

_IN_LINE = "status IN ('pending', 'waiting')"
"""The index's own words: SQLite takes a partial index only where the query repeats them."""


@dataclass(frozen=True, slots=True)
class Depth:
    """The rows of one lane that have not ended, those in workers' hands apart.

    `due` and `later` have not been asked, or are asked again; `waiting` rows the payer answers
    later, or we ask what became of our call. `parked` rows have no place in line: their batch
    is paused, or they are paths of a search whose turn has not come. `oldest_due_at` is since
    when the first row in line is due, `last_asked_at` when the newest waiting row was asked.
    """

    due: int = 0
    later: int = 0
    waiting: int = 0
    parked: int = 0
    oldest_due_at: datetime | None = None
    last_asked_at: datetime | None = None

    @property
    def in_line(self) -> int:
        """All that the lane still has to answer, as far as it is its turn."""
        return self.due + self.later + self.waiting


def depths(lane_ids: Collection[int], *, now: datetime) -> dict[int, Depth]:
    """The depth of each of these lanes, in two statements that read indexes only."""
    if not lane_ids:
        return {}
    line, waiting = _line(lane_ids, now), _waiting(lane_ids, now)
    return {pk: _depth(line.get(pk), waiting.get(pk)) for pk in lane_ids}


def _depth(line: Any, waiting: Any) -> Depth:
    due, later, parked, oldest = line or (0, 0, 0, None)
    looks_due, looks_later, last_asked = waiting or (0, 0, None)
    return Depth(
        due=due - looks_due,
        later=later - looks_later,
        waiting=looks_due + looks_later,
        parked=parked,
        oldest_due_at=oldest and moment(oldest),
        last_asked_at=last_asked and moment(last_asked),
    )


def _line(lane_ids: Collection[int], now: datetime) -> dict[int, Any]:
    """By lane: rows due, later, parked, and since when the first is due."""
    return _by_lane(
        "count(*) FILTER (WHERE run_at <= %s), count(*) FILTER (WHERE run_at > %s),"
        " count(*) - count(run_at), min(run_at) FILTER (WHERE run_at <= %s)",
        _IN_LINE,
        lane_ids,
        [now, now, now],
    )


def _waiting(lane_ids: Collection[int], now: datetime) -> dict[int, Any]:
    """By lane: waiting rows with a look due, with one later, and when the newest was asked."""
    return _by_lane(
        "count(*) FILTER (WHERE run_at <= %s), count(*) FILTER (WHERE run_at > %s), max(asked_at)",
        f"{_IN_LINE} AND status = 'waiting'",
        lane_ids,
        [now, now],
    )


def _by_lane(
    sums: str, condition: str, lane_ids: Collection[int], moments: list[datetime]
) -> dict[int, Any]:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT connection_id, {sums} FROM {TASK} WHERE {condition}"
            f" AND connection_id IN ({', '.join(['%s'] * len(lane_ids))}) GROUP BY connection_id",
            [*(adapt(each) for each in moments), *lane_ids],
        )
        return {pk: row for pk, *row in cursor.fetchall()}
