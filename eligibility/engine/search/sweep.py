"""Searches that nothing moves any more: looked at by the clock, so that none can hang."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from eligibility import clock
from eligibility.choices import AttemptState, Failure, Review, Status
from eligibility.engine.rows import TASK, add_events, among, many_uuids, python_uuid
from eligibility.engine.search import paths
from eligibility.models import Attempt, EligibilityTask

LOOK_EVERY = 15.0
"""Seconds between two looks at a search that waits for its paths."""
HELD = "This payer's line stood still for too long."
_AT_ONCE = 500


@transaction.atomic
def sweep() -> int:
    """Settle searches whose next look is due. Returns how many were closed.

    A path usually settles its search itself. This finds the others: one that was failed because
    its worker died three times, one that was parked with its batch, one in a lane that is held.
    """
    searches = _take_due()
    _fail_held(searches)
    return paths.settle(searches)


def _take_due() -> list[UUID]:
    """Lock the searches that are due for a look, and say when the next one is."""
    lock = " FOR NO KEY UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS MATERIALIZED (
                SELECT id FROM {TASK}
                WHERE connection_id IS NULL AND status IN ('pending', 'waiting')
                  AND is_search AND status = 'waiting' AND run_at <= {clock.now()}
                LIMIT {_AT_ONCE}{lock}
            )
            UPDATE {TASK} SET run_at = {clock.now_plus("%s")}
            FROM due WHERE {TASK}.id = due.id RETURNING {TASK}.id
            """,
            [LOOK_EVERY],
        )
        return [python_uuid(row[0]) for row in cursor.fetchall()]


def _fail_held(searches: Collection[UUID]) -> None:
    """Fail the paths whose lane answers nobody: a search does not wait for a held lane for ever.

    The bound is the connection's own `give_up_after`, both for the path's time in line and for
    the lane's silence, so that a long line that moves fails nobody.
    """
    if not searches:
        return
    held = _held_paths(searches)
    ids = [pk for pk, _ in held]
    EligibilityTask.objects.with_ids(ids).update(
        status=Status.FAILED,
        failure=Failure.PAYER_UNAVAILABLE,
        failure_message=HELD,
        review=Review.NEEDS_ATTENTION,
        look="",
        run_at=None,
        finished_at=Now(),
        updated_at=Now(),
    )
    Attempt.objects.filter(task__in=ids, state=AttemptState.OPEN).update(
        state=AttemptState.FAILED,
        failure=Failure.PAYER_UNAVAILABLE,
        code="held",
        finished_at=Now(),
    )
    add_events([(pk, before, Status.FAILED, "engine", "held for too long") for pk, before in held])


def _held_paths(searches: Collection[UUID]) -> list[tuple[UUID, str]]:
    """(id, status) of open paths that stood in line for too long in a lane that stood still."""
    lock = " FOR NO KEY UPDATE OF c SKIP LOCKED" if connection.vendor == "postgresql" else ""
    last_answer = (
        f"(SELECT d.finished_at FROM {TASK} d WHERE d.connection_id = k.id"
        " AND d.status IN ('done', 'failed') AND d.asked_at IS NOT NULL"
        " ORDER BY d.finished_at DESC LIMIT 1)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT c.id, c.status FROM {TASK} c
            JOIN eligibility_connection k ON k.id = c.connection_id
            WHERE {among("c.parent_id")} AND c.status IN ('pending', 'waiting')
              AND {clock.seconds_since("c.run_at")} > k.give_up_after
              AND NOT EXISTS (SELECT 1 FROM {TASK} r
                              WHERE r.connection_id = k.id AND r.status = 'running')
              AND COALESCE({clock.seconds_since(last_answer)} > k.give_up_after, 1 = 1)
            ORDER BY c.id{lock}
            """,
            [many_uuids(searches)],
        )
        return [(python_uuid(pk), status) for pk, status in cursor.fetchall()]
