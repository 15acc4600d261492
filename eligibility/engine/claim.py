"""Take due rows from the lanes, and write down the intent to call before anybody calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection

from eligibility.choices import Failure, Look, Priority, Status
from eligibility.connectors.base import Query
from eligibility.engine import clock, lanes, suspects
from eligibility.engine.moves import Limits
from eligibility.engine.rows import (
    TASK,
    add_events,
    as_records,
    database_uuid,
    python_uuid,
    recordset,
)
from portal import objectid

LEASE_MARGIN = 10.0
"""Seconds that a lease outlives the call's total deadline."""

_QUERY_COLUMNS = (
    "parent_id", "id_type", "id_value", "visit_type", "name", "dob", "phone",
    "doctor_name", "payer_name", "service_date", "extra_args", "details",
)  # fmt: skip


@dataclass(slots=True)
class Claimed:
    """A row in a worker's hands. `fence` guards what it writes; times are seconds.

    `age` is how long ago the row was first claimed, `asked` how long ago the conversation that
    goes on was begun, both by the database's clock. `earlier` is the
    outcome of the answer that the row has to the same question from before (empty for most), and
    `earlier_id` the result that says it. `search_id` is the
    search that the row is a path of.
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


def claim(
    worker: str,
    *,
    most: int,
    leave_out: frozenset[int] = frozenset(),
    kept_free: Mapping[int, int] = MappingProxyType({}),
    crashes: int = 0,
) -> list[Claimed]:
    """Claim up to `most` due rows over all lanes, never more than a lane's free slots.

    `leave_out` are the ids of lanes to claim nothing from, `kept_free` says how many slots of a
    lane are for others. Rows that were in a worker's hands when it died are claimed only when
    asked for, by their number of `crashes`. Must run inside a transaction, which holds the
    lanes' locks until its end.
    """
    claimed: list[Claimed] = []
    for lane in lanes.lock_due():
        free = 0 if lane.id in leave_out else lane.free - kept_free.get(lane.id, 0)
        for priority in lane.due:
            wanted = min(free, most - len(claimed))
            if wanted > 0:
                taken = _claim_from(lane, priority, worker, wanted, crashes)
                free -= len(taken)
                claimed += taken
    return claimed


def claim_suspects(worker: str) -> list[Claimed]:
    """Claim the next group of suspects to be tried together. Must run inside a transaction."""
    crashes, most = suspects.next_group(suspects.due())
    return claim(worker, most=most, crashes=crashes) if most else []


def _claim_statement() -> str:
    """One statement on both databases; the `IN (SELECT …)` form can take more than its limit.

    For one priority, so that the index leads past the rows that are not due yet.
    """
    lock = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    columns = ", ".join(f"{TASK}.{name}" for name in _QUERY_COLUMNS)
    return f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM {TASK}
            WHERE connection_id = %s AND status IN ('pending', 'waiting')
              AND priority = %s AND run_at <= {clock.now()} AND crashes = %s
            ORDER BY run_at, id LIMIT %s{lock}
        )
        UPDATE {TASK} SET
            status = 'running', fence = {TASK}.fence + 1, worker = %s,
            lease_until = {clock.now_plus("%s")},
            first_claimed_at = COALESCE({TASK}.first_claimed_at, {clock.now()}),
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
            {TASK}.result_id, {columns}
    """


def _claim_from(
    lane: lanes.Lane, priority: Priority, worker: str, wanted: int, crashes: int
) -> list[Claimed]:
    with connection.cursor() as cursor:
        cursor.execute(
            _claim_statement(),
            [lane.id, priority.value, crashes, wanted, worker, lane.deadline + LEASE_MARGIN],
        )
        rows = cursor.fetchall()
    return sorted((_claimed(lane, row) for row in rows), key=lambda claimed: claimed.task_id)


def _claimed(lane: lanes.Lane, row: Sequence[Any]) -> Claimed:
    task_id = python_uuid(row[0])
    _, fence, look, handle, failed, age, asked, payer, earlier, earlier_id, *fields = row
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
        age=float(age or 0.0),
        asked=float(asked or 0.0),
        query=_query(task_id, payer, values, is_path=parent is not None),
        earlier=earlier or "",
        earlier_id=python_uuid(earlier_id) if earlier else None,
        search_id=parent and python_uuid(parent),
    )


def _query(task_id: UUID, payer: str, values: dict[str, Any], *, is_path: bool) -> Query:
    """The question as a connector sees it. SQLite hands out text where PostgreSQL has types."""
    for name in ("dob", "service_date"):
        if isinstance(values[name], str):
            values[name] = date.fromisoformat(values[name])
    for name in ("extra_args", "details"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name])
    options = values.pop("details")
    return Query(reference=str(task_id), payer=payer, options=options, is_search=is_path, **values)


def write_intents(claimed: Sequence[Claimed], worker: str) -> None:
    """Commit to the calls: a new Attempt for a new conversation, one more look at an open one.

    Belongs to the claim's transaction, so a row is never called without its intent.
    Raises IntegrityError when an attempt of that number already exists.
    """
    _look_again([row for row in claimed if row.look is not Look.NONE], worker)
    _start_conversations([row for row in claimed if row.look is Look.NONE], worker)
    add_events(
        [(row.task_id, row.before, Status.RUNNING, "engine", _call_name(row)) for row in claimed]
    )


def _call_name(row: Claimed) -> str:
    return {Look.NONE: "asks the payer", Look.POLL: "looks for the answer"}.get(
        row.look, "asks what became of the call"
    )


def _start_conversations(rows: list[Claimed], worker: str) -> None:
    if not rows:
        return
    _abandon_conversations([row for row in rows if row.fence > 1])
    for row, attempt_id in zip(rows, objectid.uuid_batch(len(rows)), strict=True):
        row.attempt_id = attempt_id
    if connection.vendor == "postgresql":
        _intend_on_postgresql(rows, worker)
    else:
        _intend_on_sqlite(rows, worker)


_INTENT = "(id, task_id, number, connection_id, fence, worker, started_at, looked_at)"
_NUMBER = "SELECT COALESCE(max(a.number), 0) + 1 FROM eligibility_attempt a WHERE a.task_id ="


def _intend_on_postgresql(rows: Sequence[Claimed], worker: str) -> None:
    columns = {"id": "uuid", "task_id": "uuid", "lane": "int8", "fence": "int"}
    values = [(row.attempt_id, row.task_id, row.lane.id, row.fence) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO eligibility_attempt {_INTENT}"
            f" SELECT v.id, v.task_id, ({_NUMBER} v.task_id), v.lane, v.fence, %s,"
            f" {clock.now()}, {clock.now()} FROM {recordset(columns)}",
            [worker, as_records(columns, values)],
        )


def _intend_on_sqlite(rows: Sequence[Claimed], worker: str) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO eligibility_attempt {_INTENT}"
            f" VALUES (%s, %s, ({_NUMBER} %s), %s, %s, %s, {clock.now()}, {clock.now()})",
            [
                (
                    row.attempt_id.hex,
                    row.task_id.hex,
                    row.task_id.hex,
                    row.lane.id,
                    row.fence,
                    worker,
                )
                for row in rows
                if row.attempt_id
            ],
        )


def _abandon_conversations(rows: list[Claimed]) -> None:
    """Close what was left open when a row was cancelled: it is re-run, and asks anew."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE eligibility_attempt SET state = 'failed', failure = %s, code = 'abandoned',"
            f" finished_at = {clock.now()} WHERE task_id = %s AND state = 'open'",
            [(Failure.TIMEOUT.value, database_uuid(row.task_id)) for row in rows],
        )


def _look_again(rows: list[Claimed], worker: str) -> None:
    """Count one more call of the open conversation of each row.

    A row whose conversation has been closed meanwhile starts a new one.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(
                f"UPDATE eligibility_attempt SET looks = looks + 1, looked_at = {clock.now()},"
                " fence = %s, worker = %s WHERE task_id = %s AND state = 'open' RETURNING id",
                [row.fence, worker, database_uuid(row.task_id)],
            )
            found = cursor.fetchall()
            if found:
                row.attempt_id = python_uuid(found[0][0])
            else:
                row.look = Look.NONE
