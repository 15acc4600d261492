"""Write what became of claimed rows, a group at once, each only where its fence still stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from eligibility import clock
from eligibility.announce.tasks import announce
from eligibility.choices import Look, Status
from eligibility.connectors.base import Done
from eligibility.engine import answered, attempts
from eligibility.engine.attempts import Finished
from eligibility.engine.kept import kept
from eligibility.engine.lane.learn import learn
from eligibility.engine.moves import Move
from eligibility.engine.rows import (
    TASK,
    Hold,
    add_events,
    as_records,
    database_uuid,
    python_uuid,
    recordset,
)
from eligibility.engine.search import paths
from portal import objectid
from portal.intake.text import storable, storable_text

EARLIER_STANDS = ", earlier answer stands: "
"""Between the outcome that came and the one that prevails over it, in an event's note."""


def finish(group: Sequence[Finished]) -> int:
    """Apply the moves; returns how many rows still were ours.

    A row that has moved on meanwhile (its lease ended, somebody cancelled it) is left alone;
    the answer is kept on its attempt, marked late. Rows are written in the order of their ids,
    so that two groups never wait for each other. Must run inside a transaction.
    """
    if not group:
        return 0
    for item in group:
        item.reply = kept(item.row, item.reply)
    learn(group)
    group = sorted(group, key=lambda item: (item.row.task_id, item.row.fence))
    answers = [item for item in group if isinstance(item.reply, Done)]
    for item, result_id in zip(answers, objectid.uuid_batch(len(answers)), strict=True):
        item.result_id = result_id
    ours = _write_usual(group)
    rest = [item for item in group if not item.is_ours]
    return len(ours) + _finish_others(rest)


def _write_usual(group: Sequence[Finished]) -> set[Hold]:
    """The answers that need no more than one statement for all, where there is one."""
    usual = answered.usual(group)
    notes = [_note(item.move) for item in usual]
    ours = answered.write(usual, notes)
    for item in usual:
        item.is_ours = (item.row.task_id, item.row.fence) in ours
    announce(answered.events(usual, notes))
    return ours


def _finish_others(group: Sequence[Finished]) -> int:
    """All other ends, and those of rows that are not ours any more."""
    if not group:
        return 0
    searches = {item.row.search_id for item in group if item.row.search_id is not None}
    paths.lock(searches)
    ours = _move_tasks(group, _in_paused_batches(group))
    for item in group:
        item.is_ours = (item.row.task_id, item.row.fence) in ours
    attempts.close(group)
    attempts.keep_answers(group)
    add_events(
        [
            (item.row.task_id, _before(item), item.move.status, "engine", _note(item.move))
            for item in group
            if item.is_ours
        ]
    )
    paths.settle(searches)
    return len(ours)


def _before(item: Finished) -> Status:
    """Where the row was last seen: one that was never called has not been seen running."""
    return Status.RUNNING if item.row.attempt_id is not None else item.row.before


def _in_paused_batches(group: Sequence[Finished]) -> set[UUID]:
    """The rows that must not go back to the line, because their batch is paused.

    The batches are locked, so that nobody who resumes one meanwhile misses these rows.
    """
    retried = [item.row.task_id for item in group if item.move.status is Status.PENDING]
    if not retried:
        return set()
    lock = " FOR SHARE OF b" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.id FROM {TASK} t LEFT JOIN {TASK} p ON p.id = t.parent_id"
            " JOIN eligibility_batch b ON b.id = COALESCE(t.batch_id, p.batch_id)"
            f" WHERE b.paused_at IS NOT NULL AND t.id IN ({', '.join(['%s'] * len(retried))})"
            f" ORDER BY b.id{lock}",
            [database_uuid(task_id) for task_id in retried],
        )
        return {python_uuid(row[0]) for row in cursor.fetchall()}


def _note(move: Move) -> str:
    if move.status is Status.PENDING:
        return f"tries again: {move.closes}"
    if move.answer:
        return f"{move.answer}{EARLIER_STANDS}{move.outcome}"
    return move.outcome or move.failure or str(move.look.label)


_TASK_FIELDS = """
    status = {status}, outcome = {outcome}, failure = {failure}, failure_message = {message},
    review = {review}, look = {look}, handle = {handle}, run_at = {run_at},
    failed_conversations = t.failed_conversations + {counted},
    result_id = COALESCE({result}, t.result_id), {about_result}
    interim = COALESCE({interim}, t.interim),
    finished_at = {finished_at}, lease_until = NULL, worker = '', version = t.version + 1,
    updated_at = {now}
"""

_ABOUT_RESULT = """
    result_question = CASE WHEN v.r IS NULL THEN t.result_question ELSE t.question_number END,
    reused_from_id = CASE WHEN v.r IS NULL THEN t.reused_from_id END,
"""


def _values(item: Finished, is_parked: bool) -> tuple[Any, ...]:
    """The parameters of one row, in the order that both statements use."""
    move, row = item.move, item.row
    handle = move.handle or (row.handle if move.look is Look.POLL else "")
    return (
        database_uuid(row.task_id),
        row.fence,
        move.status.value,
        move.outcome,
        move.failure,
        storable_text(move.message)[:500],
        move.review.value,
        move.look.value,
        handle,
        move.after,
        int(move.counted),
        database_uuid(item.result_id) if item.prevails and item.result_id else None,
        json.dumps(storable(move.interim)) if move.interim is not None else None,
        is_parked,
    )


def _move_tasks(group: Sequence[Finished], parked: set[UUID]) -> set[Hold]:
    """Write the moves; returns those whose row was still held under that fence."""
    rows = [_values(item, item.row.task_id in parked) for item in group]
    if connection.vendor == "postgresql":
        return _move_on_postgresql(rows)
    return _move_on_sqlite(rows)


_COLUMNS = {
    "i": "uuid", "f": "int", "status": "text", "outcome": "text", "failure": "text",
    "message": "text", "review": "text", "look": "text", "handle": "text", "after": "float8",
    "counted": "int", "r": "uuid", "n": "text", "parked": "bool",
}  # fmt: skip


def _move_on_postgresql(rows: Sequence[tuple[Any, ...]]) -> set[Hold]:
    due = f"CASE WHEN v.after IS NOT NULL AND NOT v.parked THEN {clock.now_plus('v.after')} END"
    fields = _TASK_FIELDS.format(
        status="v.status", outcome="v.outcome", failure="v.failure", message="v.message",
        review="v.review", look="v.look", handle="v.handle", counted="v.counted",
        result="v.r", about_result=_ABOUT_RESULT, interim="v.n::jsonb", now=clock.now(), run_at=due,
        finished_at=f"CASE WHEN v.after IS NULL THEN {clock.now()} END",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE eligibility_eligibilitytask AS t SET {fields}"
            f" FROM {recordset(_COLUMNS)}"
            " WHERE t.id = v.i AND t.fence = v.f AND t.status = 'running' RETURNING t.id, t.fence",
            [as_records(_COLUMNS, rows)],
        )
        return {(row[0], row[1]) for row in cursor.fetchall()}


def _move_on_sqlite(rows: Sequence[tuple[Any, ...]]) -> set[Hold]:
    due = f"CASE WHEN ?10 IS NOT NULL AND NOT ?14 THEN {clock.now_plus('?10')} END"
    fields = _TASK_FIELDS.format(
        status="?3", outcome="?4", failure="?5", message="?6", review="?7", look="?8",
        handle="?9", counted="?11", result="NULL", about_result="", interim="?13",
        now=clock.now(), run_at=due,
        finished_at=f"CASE WHEN ?10 IS NULL THEN {clock.now()} END",
    ).replace("%%", "%")  # fmt: skip
    statement = (
        f"UPDATE eligibility_eligibilitytask AS t SET {fields}"
        " WHERE t.id = ?1 AND t.fence = ?2 AND t.status = 'running'"
    )
    ours: set[Hold] = set()
    with connection.wrap_database_errors:
        for row in rows:
            # Numbered parameters: the driver's own cursor, which Django's does not offer.
            if connection.connection.execute(statement, row).rowcount == 1:
                ours.add((python_uuid(row[0]), row[1]))
    return ours
