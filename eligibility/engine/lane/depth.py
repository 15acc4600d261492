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
    """The depth of each of these lanes; one statement, which counts along indexes."""
    if not lane_ids:
        return {}
    line: dict[int, Any] = {}
    waiting: dict[int, Any] = {}
    moment_now = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(", ".join(["%s"] * len(lane_ids))),
            [*[moment_now] * 3, *lane_ids, *[moment_now] * 2, *lane_ids],
        )
        for of_waiting, pk, *row in cursor.fetchall():
            (waiting if of_waiting else line)[pk] = row
    return {pk: _depth(line.get(pk), waiting.get(pk)) for pk in lane_ids}


def _statement(marks: str) -> str:
    """(0, lane, due, later, parked, oldest due) of all rows in line, and the same of waiting ones.

    Of these the last is when the newest was asked, and none is parked.
    """
    due = "count(*) FILTER (WHERE run_at <= %s), count(*) FILTER (WHERE run_at > %s)"
    return (
        f"SELECT 0, connection_id, {due}, count(*) - count(run_at),"
        f" min(run_at) FILTER (WHERE run_at <= %s) FROM {TASK}"
        f" WHERE {_IN_LINE} AND connection_id IN ({marks}) GROUP BY connection_id"
        f" UNION ALL SELECT 1, connection_id, {due}, 0, max(asked_at) FROM {TASK}"
        f" WHERE {_IN_LINE} AND status = 'waiting' AND connection_id IN ({marks})"
        " GROUP BY connection_id"
    )


def _depth(line: Any, waiting: Any) -> Depth:
    due, later, parked, oldest = line or (0, 0, 0, None)
    looks_due, looks_later, _, last_asked = waiting or (0, 0, 0, None)
    return Depth(
        due=due - looks_due,
        later=later - looks_later,
        waiting=looks_due + looks_later,
        parked=parked,
        oldest_due_at=oldest and moment(oldest),
        last_asked_at=last_asked and moment(last_asked),
    )
