"""Due rows that no connection answers: failed at their turn, without a call."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from eligibility import clock
from eligibility.choices import Failure, Review, Status
from eligibility.engine.rows import TASK, add_events, python_uuid

MESSAGE = "The clinic has no connection to this payer."
_AT_ONCE = 1000


def fail_unroutable() -> int:
    """Fail due rows without a connection as `payer_unsupported`. Returns how many."""
    total = 0
    while True:
        with transaction.atomic():
            failed = _fail_some()
            add_events(
                [
                    (pk, Status.PENDING, Status.FAILED, "engine", Failure.PAYER_UNSUPPORTED.value)
                    for pk in failed
                ]
            )
        total += len(failed)
        if len(failed) < _AT_ONCE:
            return total


def _fail_some() -> list[UUID]:
    lock = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH lost AS MATERIALIZED (
                SELECT id FROM {TASK}
                WHERE connection_id IS NULL AND status = 'pending' AND run_at <= {clock.now()}
                  AND NOT is_search
                  AND status IN ('pending', 'waiting') -- the index's own words
                LIMIT {_AT_ONCE}{lock}
            )
            UPDATE {TASK} SET
                status = 'failed', failure = %s, failure_message = %s, review = %s,
                run_at = NULL, finished_at = {clock.now()}, version = {TASK}.version + 1,
                updated_at = {clock.now()}
            FROM lost WHERE {TASK}.id = lost.id RETURNING {TASK}.id
            """,
            [Failure.PAYER_UNSUPPORTED.value, MESSAGE, Review.NEEDS_ATTENTION.value],
        )
        return [python_uuid(row[0]) for row in cursor.fetchall()]
