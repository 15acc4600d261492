"""The usual end of a row on PostgreSQL: asked once, answered, everything written in one statement.

What one statement says row by row (`finish`) is said here for a whole group without coming back
in between: the row's move, its attempt's end, the answer and the event. While the statements of a
group wait for the server they wait for the conversations' thread, too, each time they go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils import timezone

from eligibility.choices import Look, Status
from eligibility.connectors.base import Done
from eligibility.engine.attempts import Finished
from eligibility.engine.kept import Kept
from eligibility.engine.rows import Event, Hold, recordset
from eligibility.results import NORMALISER_VERSION

_COLUMNS = {
    "i": "uuid", "f": "int", "a": "uuid", "r": "uuid", "outcome": "text", "review": "text",
    "said": "text", "prevails": "bool", "note": "text", "synthetic": "bool", "raw": "jsonb",
    "answer": "jsonb",
}  # fmt: skip


def usual(group: Iterable[Finished]) -> list[Finished]:
    """Those of a group that can be written so: nothing of them was known before, nobody waits."""
    if connection.vendor != "postgresql":
        return []
    return [
        item
        for item in group
        if isinstance(item.reply, Done)
        and item.row.look is Look.NONE
        and item.row.attempt_id is not None
        and item.row.search_id is None
    ]


def write(items: Sequence[Finished], notes: Sequence[str]) -> set[Hold]:
    """Write them, each where it is still held; returns which these were. `notes` are the events'.

    Of the others nothing is written.
    """
    if not items:
        return set()
    now = timezone.now()
    said = ",".join(map(_record, items, notes))
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [f"[{said}]", NORMALISER_VERSION, now, now])
        return set(cursor.fetchall())


def events(items: Iterable[Finished], notes: Iterable[str]) -> list[Event]:
    """What `write` has noted of the rows that are ours."""
    return [
        (item.row.task_id, Status.RUNNING, Status.DONE, "engine", note)
        for item, note in zip(items, notes, strict=True)
        if item.is_ours
    ]


def _record(item: Finished, note: str) -> str:
    """One row of the parameter. No text in it but the engine's own words needs escaping."""
    row, move, reply = item.row, item.move, item.reply
    assert isinstance(reply, Kept)
    assert row.attempt_id is not None
    assert item.result_id is not None
    return (
        f'{{"i":"{row.task_id.hex}","f":{row.fence},"a":"{row.attempt_id.hex}",'
        f'"r":"{item.result_id.hex}","outcome":"{move.outcome}","review":"{move.review.value}",'
        f'"said":"{move.answer or move.outcome}","prevails":{_TRUTH[item.prevails]},'
        f'"note":"{note}","synthetic":{_TRUTH[row.lane.connector == "synthetic"]},'
        f'"raw":{reply.evidence or "null"},"answer":{reply.text}}}'
    )


_TRUTH = ("false", "true")
_STATEMENT = f"""
    WITH v AS MATERIALIZED (SELECT * FROM {recordset(_COLUMNS)}), moved AS (
        UPDATE eligibility_eligibilitytask AS t SET
            status = 'done', outcome = v.outcome, failure = '', failure_message = '',
            review = v.review, look = '', handle = '', run_at = NULL,
            result_id = CASE WHEN v.prevails THEN v.r ELSE t.result_id END,
            result_question = CASE WHEN v.prevails THEN t.question_number
                ELSE t.result_question END,
            reused_from_id = CASE WHEN NOT v.prevails THEN t.reused_from_id END,
            finished_at = statement_timestamp(), lease_until = NULL, worker = '',
            version = t.version + 1, updated_at = statement_timestamp()
        FROM v WHERE t.id = v.i AND t.fence = v.f AND t.status = 'running'
        RETURNING t.id, t.fence
    ), ours AS (
        SELECT v.* FROM v JOIN moved ON moved.id = v.i AND moved.fence = v.f
    ), closed AS (
        UPDATE eligibility_attempt AS a SET
            state = 'answered', failure = '', code = '', message = '', raw = o.raw, late = false,
            finished_at = GREATEST(statement_timestamp(), started_at),
            milliseconds = LEAST(GREATEST(
                EXTRACT(EPOCH FROM statement_timestamp() - started_at) * 1000, 0), 2147483647)::int
        FROM ours o WHERE a.id = o.a AND a.state = 'open'
    ), kept AS (
        INSERT INTO eligibility_result (id, task_id, attempt_id, outcome, answer, synthetic,
            normaliser_version, created_at)
        SELECT o.r, o.i, o.a, o.said, o.answer, o.synthetic, %s, %s FROM ours o
    ), told AS (
        INSERT INTO eligibility_taskevent (task_id, before, after, actor, note, at)
        SELECT o.i, 'running', 'done', 'engine', o.note, %s FROM ours o
    )
    SELECT id, fence FROM moved
"""
