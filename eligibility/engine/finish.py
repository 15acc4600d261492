"""Write what became of claimed rows, a group at once, each only where its fence still stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from eligibility.choices import AttemptState, Look, Status
from eligibility.connectors.base import Done, Failed, Reply
from eligibility.engine import clock
from eligibility.engine.claim import Claimed
from eligibility.engine.moves import Move
from eligibility.engine.rows import add_events, database_uuid, python_uuid
from eligibility.models import Result
from eligibility.results import NORMALISER_VERSION
from portal import objectid
from portal.intake.insert import insert_rows
from portal.intake.text import storable


@dataclass(slots=True)
class Finished:
    """A claimed row with the reply it got and the move that follows."""

    row: Claimed
    reply: Reply
    move: Move
    milliseconds: int
    result_id: UUID | None = None


def finish(group: Sequence[Finished]) -> int:
    """Apply the moves; returns how many rows still were ours.

    A row that has moved on meanwhile (its lease ended, somebody cancelled it) is left alone;
    the answer is kept on its attempt, marked late. Rows are written in the order of their ids,
    so that two groups never wait for each other. Must run inside a transaction.
    """
    if not group:
        return 0
    group = sorted(group, key=lambda item: item.row.task_id)
    for item in group:
        if isinstance(item.reply, Done):
            item.result_id = objectid.new_uuid()
    ours = _move_tasks(group)
    late = {item.row.task_id for item in group} - ours
    _close_attempts(group, late)
    _keep_results(group, late)
    add_events(
        [
            (item.row.task_id, Status.RUNNING, item.move.status, "engine", _note(item.move))
            for item in group
            if item.row.task_id in ours
        ]
    )
    return len(ours)


def _note(move: Move) -> str:
    if move.status is Status.PENDING:
        return f"tries again: {move.closes}"
    return move.outcome or move.failure or str(move.look.label)


_TASK_FIELDS = """
    status = {status}, outcome = {outcome}, failure = {failure}, failure_message = {message},
    review = {review}, look = {look}, handle = {handle}, run_at = {run_at},
    failed_conversations = t.failed_conversations + {counted},
    result_id = COALESCE({result}, t.result_id), interim = COALESCE({interim}, t.interim),
    finished_at = {finished_at}, lease_until = NULL, worker = '', version = t.version + 1,
    updated_at = {now}
"""

_PARKED = (
    "CASE WHEN EXISTS (SELECT 1 FROM eligibility_batch b"
    " WHERE b.id = t.batch_id AND b.paused_at IS NOT NULL) AND {status} = 'pending'"
    " THEN NULL ELSE {due} END"
)


def _values(item: Finished) -> tuple[Any, ...]:
    """The parameters of one row, in the order that both statements use."""
    move, row = item.move, item.row
    handle = move.handle or (row.handle if move.look is Look.POLL else "")
    return (
        database_uuid(row.task_id),
        row.fence,
        move.status.value,
        move.outcome,
        move.failure,
        move.message[:500],
        move.review.value,
        move.look.value,
        handle,
        move.after,
        int(move.counted),
        database_uuid(item.result_id) if item.result_id else None,
        json.dumps(storable(move.interim)) if move.interim is not None else None,
    )


def _move_tasks(group: Sequence[Finished]) -> set[UUID]:
    rows = [_values(item) for item in group]
    if connection.vendor == "postgresql":
        return _move_on_postgresql(rows)
    return _move_on_sqlite(rows)


def _move_on_postgresql(rows: Sequence[tuple[Any, ...]]) -> set[UUID]:
    names = "i, f, status, outcome, failure, message, review, look, handle, after, counted, r, n"
    types = (
        "uuid", "int", "text", "text", "text", "text", "text", "text", "text",
        "float8", "int", "uuid", "text",
    )  # fmt: skip
    due = f"CASE WHEN v.after IS NULL THEN NULL ELSE {clock.now_plus('v.after')} END"
    fields = _TASK_FIELDS.format(
        status="v.status", outcome="v.outcome", failure="v.failure", message="v.message",
        review="v.review", look="v.look", handle="v.handle", counted="v.counted",
        result="v.r", interim="v.n::jsonb", now=clock.now(),
        run_at=_PARKED.format(status="v.status", due=due),
        finished_at=f"CASE WHEN v.after IS NULL THEN {clock.now()} END",
    )  # fmt: skip
    arrays = ", ".join(f"unnest(%s::{kind}[])" for kind in types)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE eligibility_eligibilitytask AS t SET {fields}"
            f" FROM (SELECT {arrays}) AS v({names})"
            " WHERE t.id = v.i AND t.fence = v.f AND t.status = 'running' RETURNING t.id",
            [list(column) for column in zip(*rows, strict=True)],
        )
        return {row[0] for row in cursor.fetchall()}


def _move_on_sqlite(rows: Sequence[tuple[Any, ...]]) -> set[UUID]:
    due = f"CASE WHEN ?10 IS NULL THEN NULL ELSE {clock.now_plus('?10')} END"
    fields = _TASK_FIELDS.format(
        status="?3", outcome="?4", failure="?5", message="?6", review="?7", look="?8",
        handle="?9", counted="?11", result="?12", interim="?13", now=clock.now(),
        run_at=_PARKED.format(status="?3", due=due),
        finished_at=f"CASE WHEN ?10 IS NULL THEN {clock.now()} END",
    ).replace("%%", "%")  # fmt: skip
    statement = (
        f"UPDATE eligibility_eligibilitytask AS t SET {fields}"
        " WHERE t.id = ?1 AND t.fence = ?2 AND t.status = 'running'"
    )
    ours = set()
    with connection.wrap_database_errors:
        for row in rows:
            # Numbered parameters: the driver's own cursor, which Django's does not offer.
            if connection.connection.execute(statement, row).rowcount == 1:
                ours.add(python_uuid(row[0]))
    return ours


def _close_attempts(group: Sequence[Finished], late: set[UUID]) -> None:
    """End the conversations that have ended; one that goes on stays open."""
    ended = [
        (
            AttemptState.ANSWERED.value if not item.move.closes else AttemptState.FAILED.value,
            item.move.closes,
            item.reply.code[:64] if isinstance(item.reply, Failed) else "",
            item.reply.message[:500] if isinstance(item.reply, Failed) else "",
            _evidence(item.reply),
            item.row.task_id in late,
            item.milliseconds,
            database_uuid(item.row.attempt_id),
        )
        for item in group
        if item.row.attempt_id is not None and (item.move.closes or isinstance(item.reply, Done))
    ]
    if not ended:
        return
    as_json = "%s::jsonb" if connection.vendor == "postgresql" else "%s"
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE eligibility_attempt SET state = %s, failure = %s, code = %s, message = %s,"
            f" raw = {as_json}, late = %s, milliseconds = %s, finished_at = {clock.now()}"
            " WHERE id = %s AND state = 'open'",
            ended,
        )


def _evidence(reply: Reply) -> str | None:
    raw = getattr(reply, "raw", None)
    return None if raw is None else json.dumps(storable(raw))


def _keep_results(group: Sequence[Finished], late: set[UUID]) -> None:
    """Store the normalised answers, the late ones too: a payer's word is never thrown away."""
    now = timezone.now()
    taken = _attempts_with_result(group) if late else set()
    insert_rows(
        Result,
        ("id", "task_id", "attempt_id", "outcome", "answer", "synthetic",
         "normaliser_version", "created_at"),
        [
            (item.result_id, item.row.task_id, item.row.attempt_id, item.reply.outcome.value,
             storable(item.reply.answer.model_dump(mode="json")),
             item.row.lane.connector == "synthetic", NORMALISER_VERSION, now)
            for item in group
            if isinstance(item.reply, Done) and item.row.attempt_id not in taken
        ],
    )  # fmt: skip


def _attempts_with_result(group: Sequence[Finished]) -> set[UUID]:
    ids = [item.row.attempt_id for item in group if item.row.attempt_id is not None]
    return set(Result.objects.filter(attempt_id__in=ids).values_list("attempt_id", flat=True))
