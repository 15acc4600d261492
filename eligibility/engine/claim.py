"""Take due rows from the lanes, and write down the intent to call before anybody calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection

from eligibility import clock
from eligibility.choices import Look, Priority, Status
from eligibility.connectors.base import Query
from eligibility.engine import lanes, queues, suspects
from eligibility.engine.ahead import NOTHING, Ahead
from eligibility.engine.lane import patience
from eligibility.engine.lane.turns import Group, share_out
from eligibility.engine.moves import Limits
from eligibility.engine.rows import (
    TASK,
    python_uuid,
)

LEASE_MARGIN = 10.0
"""Seconds that a lease outlives the call's total deadline."""
MOST_TURNS = 16
"""Claims for groups of their own in one go, of a lane and priority."""
_IN_LINE = "status IN ('pending', 'waiting')"
_LOOKS = "status = 'waiting'"

_QUERY_COLUMNS = (
    "parent_id", "id_type", "id_value", "visit_type", "name", "dob", "phone",
    "doctor_name", "payer_name", "service_date", "extra_args", "details",
)  # fmt: skip


@dataclass(slots=True)
class Claimed:
    """A row in a worker's hands. `fence` guards what it writes; times are seconds.

    `age` is how long ago the row was first claimed, `asked` how long ago the conversation that
    goes on was begun, both by the database's clock and time in a held lane left out. `is_probe`
    says that this row tries whether the payer answers again. `earlier` is the
    outcome of the answer that the row has to the same question from before (empty for most), and
    `earlier_id` the result that says it. `search_id` is the search that the row is a path of,
    `brought_by` the submission that it came with (none for such a path).
    """

    task_id: UUID
    fence: int
    lane: lanes.Lane
    limits: Limits
    before: Status
    look: Look
    handle: str
    failed: int
    age: float
    query: Query
    asked: float = 0.0
    attempt_id: UUID | None = None
    number: int = 0
    earlier: str = ""
    earlier_id: UUID | None = None
    search_id: UUID | None = None
    is_probe: bool = False
    brought_by: UUID | None = None


def claim(
    worker: str,
    *,
    most: int,
    leave_out: frozenset[int] = frozenset(),
    kept_free: Mapping[int, int] = MappingProxyType({}),
    crashes: int = 0,
    ahead: Ahead = NOTHING,
) -> list[Claimed]:
    """Claim up to `most` due rows over all lanes, never more than a lane may take.

    `leave_out` are the ids of lanes to claim nothing from, `kept_free` says how many slots of a
    lane are for others, `ahead` how many rows beyond its slots may wait in hand. Rows that were
    in a worker's hands when it died are claimed only when asked for, by their number of
    `crashes`. Must run inside a transaction, which holds the lanes' locks until its end.
    """
    claimed: list[Claimed] = []
    for lane in lanes.lock_due(worker):
        if lane.id not in leave_out:
            free = lane.free - kept_free.get(lane.id, 0)
            if lane.may_run_ahead and lane.id not in kept_free:
                free += ahead.of(lane.id, lane.room)
            claimed += _claim_of_lane(lane, worker, min(free, most - len(claimed)), crashes)
    return claimed


def claim_suspects(worker: str) -> list[Claimed]:
    """Claim the next group of suspects to be tried together. Must run inside a transaction."""
    crashes, most = suspects.next_group(suspects.due())
    return claim(worker, most=most, crashes=crashes) if most else []


def _claim_of_lane(lane: lanes.Lane, worker: str, most: int, crashes: int) -> list[Claimed]:
    """The most urgent rows first; within a priority clinics and batches take turns."""
    take = partial(_claim_from, lane, worker, crashes)
    looks_only = lane.new < 1
    most = int(most if looks_only else min(most, lane.new))
    claimed: list[Claimed] = []
    for priority in lane.due:
        wanted = most - len(claimed)
        if wanted > 0 and looks_only:
            claimed += take(priority, wanted, rows=_LOOKS)
        elif wanted > 0 and crashes:
            claimed += take(priority, wanted)
        elif wanted > 0:
            claimed += _claim_in_turns(lane, priority, wanted, take)
    return claimed


def _claim_in_turns(
    lane: lanes.Lane, priority: Priority, wanted: int, take: Callable[..., list[Claimed]]
) -> list[Claimed]:
    """Share the slots out among the groups that have due rows.

    One group is the usual case and one claim. Of very many groups only the neediest get a claim
    of their own; the rest of the slots goes to the rows that are due the longest.
    """
    groups = queues.due_groups(lane.id, priority)
    if len(groups) < 2:
        return take(priority, wanted)
    in_flight = queues.in_flight(lane.id)
    claimed: list[Claimed] = []
    turns = 0
    while groups and len(claimed) < wanted and turns < MOST_TURNS:
        shares = share_out(groups, in_flight, wanted - len(claimed))
        for group, share in list(shares.items())[: MOST_TURNS - turns]:
            taken = take(priority, share, group=group)
            in_flight[group] = in_flight.get(group, 0) + len(taken)
            if len(taken) < share:
                groups.remove(group)
            claimed += taken
            turns += 1
    if groups and len(claimed) < wanted:
        claimed += take(priority, wanted - len(claimed))
    return claimed


def _claim_statement(rows: str) -> str:
    """One statement on both databases; the `IN (SELECT …)` form can take more than its limit.

    For one priority, so that the index leads past the rows that are not due yet. `rows` is a
    further condition, on the state and perhaps on the group.
    """
    lock = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    columns = ", ".join(f"{TASK}.{name}" for name in _QUERY_COLUMNS)
    return f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM {TASK}
            WHERE connection_id = %s AND priority = %s AND run_at <= {clock.now()}
              AND crashes = %s AND {rows}
            ORDER BY run_at, id LIMIT %s{lock}
        )
        UPDATE {TASK} SET
            status = 'running', fence = {TASK}.fence + 1, worker = %s,
            lease_until = {clock.now_plus("%s")},
            first_claimed_at = COALESCE({TASK}.first_claimed_at, {clock.now()}),
            held_before = CASE WHEN {TASK}.first_claimed_at IS NULL THEN %s
                ELSE {TASK}.held_before END,
            asked_at = CASE WHEN {TASK}.look = '' THEN {clock.now()} ELSE {TASK}.asked_at END,
            updated_at = {clock.now()}
        FROM due WHERE {TASK}.id = due.id
        RETURNING {TASK}.id, {TASK}.fence, {TASK}.look, {TASK}.handle, {TASK}.failed_conversations,
            {clock.seconds_since(TASK + ".first_claimed_at")},
            {clock.seconds_since(TASK + ".asked_at")},
            (SELECT p.code FROM eligibility_payer p WHERE p.id = {TASK}.payer_id),
            CASE WHEN {TASK}.result_id IS NOT NULL
                AND {TASK}.result_question = {TASK}.question_number THEN
                (SELECT r.outcome FROM eligibility_result r WHERE r.id = {TASK}.result_id) END,
            {TASK}.result_id, {TASK}.held_before, {TASK}.submission_id, {columns}
    """


def _claim_from(
    lane: lanes.Lane,
    worker: str,
    crashes: int,
    priority: Priority,
    wanted: int,
    *,
    group: Group | None = None,
    rows: str = _IN_LINE,
) -> list[Claimed]:
    """Claim due rows of a lane, of one group or of all, those due the longest first."""
    of_group = [] if group is None else [group.clinic, group.batch]
    condition = rows if group is None else f"{rows} AND {queues.OF_GROUP}"
    held_seconds = patience.held_seconds(lane.rules, lane.state, lane.now)
    with connection.cursor() as cursor:
        cursor.execute(
            _claim_statement(condition),
            [lane.id, priority.value, crashes, *of_group, wanted, worker,
             lane.deadline + LEASE_MARGIN, held_seconds],
        )  # fmt: skip
        claimed = cursor.fetchall()
    return sorted((_claimed(lane, row) for row in claimed), key=lambda claimed: claimed.task_id)


def _claimed(lane: lanes.Lane, row: Sequence[Any]) -> Claimed:
    task_id = python_uuid(row[0])
    _, fence, look, handle, failed, *others = row
    age, asked, payer, earlier, earlier_id, held_then, brought_by, *fields = others
    passed = float(age or 0.0)
    tried = _age(lane, passed, held_then)
    values = dict(zip(_QUERY_COLUMNS, fields, strict=True))
    parent = values.pop("parent_id")
    return Claimed(
        task_id=task_id,
        fence=fence,
        lane=lane,
        limits=lane.limits,
        before=Status.WAITING if look else Status.PENDING,
        look=Look(look),
        handle=handle,
        failed=failed,
        age=tried,
        asked=float(asked or 0.0) if tried == passed else min(float(asked or 0.0), tried),
        query=_query(task_id, payer, values, is_path=parent is not None),
        earlier=earlier or "",
        earlier_id=python_uuid(earlier_id) if earlier else None,
        search_id=parent and python_uuid(parent),
        brought_by=brought_by and python_uuid(brought_by),
    )


def _age(lane: lanes.Lane, seconds: float, held_then: float) -> float:
    """How long the row has been tried, of the seconds since its first claim."""
    if seconds <= 0:
        return seconds
    if not lane.rules.blackouts and lane.state.closed_from is None:
        return seconds
    since = lane.now - timedelta(seconds=seconds)
    return patience.tried_for(lane.rules, lane.state, lane.now, since=since, held_then=held_then)


def _query(task_id: UUID, payer: str, values: dict[str, Any], *, is_path: bool) -> Query:
    """The question as a connector sees it. SQLite hands out text where PostgreSQL has types."""
    for name in ("dob", "service_date"):
        if isinstance(values[name], str):
            values[name] = date.fromisoformat(values[name])
    for name in ("extra_args", "details"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name]) if values[name] != "{}" else {}
    options = values.pop("details")
    return Query(reference=str(task_id), payer=payer, options=options, is_search=is_path, **values)
