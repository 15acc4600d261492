"""Write down the intent to call before anybody calls: an attempt for each conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from eligibility import clock
from eligibility.choices import Failure, Look, Status
from eligibility.engine import lanes
from eligibility.engine.claim import LEASE_MARGIN, Claimed
from eligibility.engine.lane import breaker
from eligibility.engine.rows import (
    Event,
    add_events,
    as_records,
    database_uuid,
    python_uuid,
    recordset,
)
from portal import objectid


def write_intents(claimed: Sequence[Claimed], worker: str) -> None:
    """Commit to the calls: a new Attempt for a new conversation, one more look at an open one.

    Belongs to the claim's transaction, so a row is never called without its intent; the lanes
    count their calls here.
    Raises IntegrityError when an attempt of that number already exists.
    """
    _look_again([row for row in claimed if row.look is not Look.NONE], worker)
    begun = _start_conversations([row for row in claimed if row.look is Look.NONE], worker)
    told = {row.task_id for row in begun}
    add_events([_event(row) for row in claimed if row.task_id not in told])
    for lane in {row.lane.id: row.lane for row in claimed}.values():
        _count_calls(lane, [row for row in claimed if row.lane.id == lane.id])


def _count_calls(lane: lanes.Lane, calls: Sequence[Claimed]) -> None:
    """Write what the calls use up of the lane; of a lane on trial the one row is the probe."""
    probe: dict[str, Any] = {}
    if lane.is_probing:
        first = calls[0]
        first.is_probe = True
        lease = lane.deadline + LEASE_MARGIN
        probe = breaker.probe_sent(lane.state, lane.now, task_id=first.task_id, lease=lease)
    new = sum(row.look is Look.NONE for row in calls)
    lanes.note_calls(lane, calls=len(calls), conversations=new, probe=probe)


def _call_name(row: Claimed) -> str:
    return {Look.NONE: "asks the payer", Look.POLL: "looks for the answer"}.get(
        row.look, "asks what became of the call"
    )


def _event(row: Claimed) -> Event:
    return row.task_id, row.before, Status.RUNNING, "engine", _call_name(row)


def _start_conversations(rows: list[Claimed], worker: str) -> list[Claimed]:
    """Returns the rows whose event is written with their attempt."""
    if not rows:
        return []
    _abandon_conversations([row for row in rows if row.fence > 1])
    for row, attempt_id in zip(rows, objectid.uuid_batch(len(rows)), strict=True):
        row.attempt_id = attempt_id
    if connection.vendor == "postgresql":
        _intend_on_postgresql(rows, worker)
        return rows
    _intend_on_sqlite(rows, worker)
    return []


_INTENT = "(id, task_id, number, connection_id, fence, worker, started_at, looked_at)"
_NUMBER = "SELECT COALESCE(max(a.number), 0) + 1 FROM eligibility_attempt a WHERE a.task_id ="


def _intend_on_postgresql(rows: Sequence[Claimed], worker: str) -> None:
    """The attempts and their events in one statement."""
    columns = {"id": "uuid", "task_id": "uuid", "lane": "int8", "fence": "int", "before": "text"}
    values = [
        (row.attempt_id, row.task_id, row.lane.id, row.fence, row.before.value) for row in rows
    ]
    note = _call_name(rows[0])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH v AS MATERIALIZED (SELECT * FROM {recordset(columns)}), told AS ("
            " INSERT INTO eligibility_taskevent (task_id, before, after, actor, note, at)"
            " SELECT v.task_id, v.before, 'running', 'engine', %s, %s FROM v)"
            f" INSERT INTO eligibility_attempt {_INTENT}"
            f" SELECT v.id, v.task_id, ({_NUMBER} v.task_id), v.lane, v.fence, %s,"
            f" {clock.now()}, {clock.now()} FROM v",
            [as_records(columns, values), note, timezone.now(), worker],
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
            f" finished_at = {clock.now_after('started_at')}"
            " WHERE task_id = %s AND state = 'open'",
            [(Failure.TIMEOUT.value, database_uuid(row.task_id)) for row in rows],
        )


_LOOKED_AT = {
    "postgresql": recordset({"task_id": "uuid", "fence": "int"}),
    "sqlite": "(SELECT json_extract(value, '$.task_id') AS task_id,"
    " json_extract(value, '$.fence') AS fence FROM json_each(%s)) AS v",
}


def _look_again(rows: list[Claimed], worker: str) -> None:
    """Count one more call of the open conversation of each row.

    A row whose conversation has been closed meanwhile starts a new one.
    """
    if not rows:
        return
    fences = [(str(database_uuid(row.task_id)), row.fence) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE eligibility_attempt SET looks = looks + 1, looked_at = {clock.now()},"
            f" fence = v.fence, worker = %s FROM {_LOOKED_AT[connection.vendor]}"
            " WHERE eligibility_attempt.task_id = v.task_id AND state = 'open'"
            " RETURNING eligibility_attempt.task_id, eligibility_attempt.id",
            [worker, as_records(("task_id", "fence"), fences)],
        )
        attempts = {python_uuid(task): python_uuid(pk) for task, pk in cursor.fetchall()}
    for row in rows:
        row.attempt_id = attempts.get(row.task_id)
        if row.attempt_id is None:
            row.look = Look.NONE
