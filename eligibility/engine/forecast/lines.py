"""Who stands in the lanes, and what a batch still has in each of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from eligibility.engine.forecast.sharing import Claimant, Line
from eligibility.engine.lane.states import moment
from eligibility.engine.rows import TASK, database_uuid, python_uuid

MEASURED_PATHS = 20
"""Paths of ended searches that show how many of the planned ones are asked in the end."""


Lines = dict[Claimant, Line]


def due_lines(lane_ids: Collection[int], *, until: datetime) -> dict[int, Lines]:
    """The rows of each lane that are due by then, by who waits for them."""
    lines: dict[int, Lines] = {pk: {} for pk in lane_ids}
    if not lane_ids:
        return lines
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT connection_id, priority, clinic_id, COALESCE(batch_id, clinic_id),"
            " count(*) FILTER (WHERE status = 'pending'), count(*)"
            f" FROM {TASK} WHERE status IN ('pending', 'waiting')"
            f" AND connection_id IN ({', '.join(['%s'] * len(lane_ids))}) AND run_at <= %s"
            " GROUP BY connection_id, priority, clinic_id, COALESCE(batch_id, clinic_id)",
            [*lane_ids, connection.ops.adapt_datetimefield_value(until)],
        )
        for lane, priority, clinic, batch, unasked, every in cursor.fetchall():
            claimant = Claimant(priority, name_of(clinic), name_of(batch))
            lines[lane][claimant] = Line(unasked, every - unasked)
    return lines


def name_of(value: Any) -> str:
    """An id as claimants name it: the same of both databases."""
    return python_uuid(value).hex


@dataclass(slots=True)
class Share:
    """What a batch still has in one lane.

    `paths` are rows of its searches that are in line or will be, as far as one can tell; the
    last row is due at `last_due`, and the newest of those under way was asked at `last_asked`.
    """

    line: Line = field(default_factory=Line)
    running: int = 0
    paths: float = 0.0
    last_due: datetime | None = None
    last_asked: datetime | None = None


def shares(batch_ids: Collection[UUID]) -> dict[UUID, dict[int, Share]]:
    """What each batch still has, by lane; lanes with nothing of it are left out."""
    found: dict[UUID, dict[int, Share]] = {pk: {} for pk in batch_ids}
    if not batch_ids:
        return found
    has_searches = False
    for batch, lane, status, rows, due, asked in _unfinished(batch_ids):
        if lane is None:
            has_searches = True
            continue
        share = found[python_uuid(batch)].setdefault(lane, Share())
        share.line.unasked += rows if status == "pending" else 0
        share.line.waiting += rows if status == "waiting" else 0
        share.running += rows if status == "running" else 0
        if status == "pending":
            share.last_due = due and moment(due)
        elif asked is not None:
            share.last_asked = max(share.last_asked or moment(asked), moment(asked))
    if has_searches:
        _add_paths(found)
    return found


def _unfinished(batch_ids: Collection[UUID]) -> list[Any]:
    """(batch, lane, status, rows, last due, last asked); searches have no lane."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT batch_id, connection_id, status, count(*), max(run_at), max(asked_at)"
            f" FROM {TASK} WHERE batch_id IN ({', '.join(['%s'] * len(batch_ids))})"
            " AND status IN ('pending', 'waiting', 'running')"
            " GROUP BY batch_id, connection_id, status",
            [database_uuid(pk) for pk in batch_ids],
        )
        rows: list[Any] = cursor.fetchall()
        return rows


def _add_paths(found: dict[UUID, dict[int, Share]]) -> None:
    """The paths in line, and of those whose turn may come the share that usually is asked."""
    ended = "c.status IN ('done', 'failed', 'cancelled')"
    parked = "c.status = 'pending' AND c.run_at IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.batch_id, c.connection_id,"
            f" count(*) FILTER (WHERE NOT {ended} AND NOT ({parked})),"
            f" count(*) FILTER (WHERE {parked}),"
            f" count(*) FILTER (WHERE {ended} AND c.asked_at IS NOT NULL),"
            f" count(*) FILTER (WHERE {ended})"
            f" FROM {TASK} p JOIN {TASK} c ON c.parent_id = p.id"
            " AND c.search_round = p.search_round"
            f" WHERE p.batch_id IN ({', '.join(['%s'] * len(found))})"
            " AND p.connection_id IS NULL AND c.connection_id IS NOT NULL"
            " GROUP BY p.batch_id, c.connection_id",
            [database_uuid(pk) for pk in found],
        )
        for batch, lane, in_line, parked, asked, every in cursor.fetchall():
            usual = asked / every if every >= MEASURED_PATHS else 1.0
            if rows := in_line + parked * usual:
                found[python_uuid(batch)].setdefault(lane, Share()).paths = rows
