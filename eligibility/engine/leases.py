"""Rows whose worker is gone go back to the line; a row that keeps killing workers is failed.

When it is known which row a worker died of, that row alone counts a crash (`blame`) and its
neighbours none (`release`). When it is not, every row that the worker held counts one and is a
*suspect* from then on (`engine.suspects`): it is asked again away from the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from eligibility import clock
from eligibility.choices import IN_LINE, Failure, Look, Review, Status
from eligibility.engine.rows import TASK, Hold, add_events, database_uuid, python_uuid
from eligibility.engine.suspects import MOST_CRASHES
from eligibility.models import EligibilityTask

MESSAGE = "The worker stopped three times while it held this row."
_AT_ONCE = 1000
_OFTEN_HELD = (
    f"(CASE WHEN {TASK}.fence >= 8 AND {TASK}.crashes + 1 < {MOST_CRASHES} THEN 1 ELSE 0 END)"
)
"""A row that was claimed so often and is still given back is a suspect, whoever was blamed: it
may do its harm late, while another row is at work. It is never failed for that alone."""
_OF_HOST = "substr(worker, 1, %s) = %s"
"""Not LIKE: a host's name may hold an underscore, which there stands for any character."""


def return_expired() -> int:
    """Give back the rows whose lease has ended. Returns how many."""
    return _give_back(f"lease_until < {clock.now()}", [], "its lease ended")


def return_of_dead(workers: Sequence[str], *, crashed: bool = True) -> int:
    """Give back the rows of workers that were seen to die, without waiting for their leases."""
    if not workers:
        return 0
    marks = ", ".join(["%s"] * len(workers))
    note = "its worker died" if crashed else "its worker died of another row"
    return _give_back(f"worker IN ({marks})", list(workers), note, crashed=crashed)


def return_of_host(host_id: str, *, crashed: bool = True) -> int:
    """Give back every row of a host whose workers have all ended.

    `crashed` is False when they were ended from outside, which says nothing about the rows.
    """
    return _give_back(_OF_HOST, _of_host(host_id), "its workers ended", crashed=crashed)


def blame(holds: Sequence[Hold], note: str) -> int:
    """Give back rows that are known to be the fault, each with a crash more on its account."""
    return _give_back_these(holds, note, crashed=True)


def blame_unclaimed(holds: Sequence[Hold], note: str) -> int:
    """The same for rows whose claim died with the worker, before anybody could see it.

    They were checked inside the claim's transaction, and still stand in line as before it.
    """
    blamed = 0
    for pk, fence in holds:
        with transaction.atomic():
            row = EligibilityTask.objects.filter(
                pk=pk, fence=fence - 1, status__in=IN_LINE
            ).select_for_update()
            found = row.values_list("status", "crashes").first()
            if found is None:
                continue
            blamed += 1
            status, crashes = found
            if crashes + 1 < MOST_CRASHES:
                row.update(crashes=crashes + 1, updated_at=Now())
                continue
            EligibilityTask.objects.filter(pk=pk).update(
                status=Status.FAILED,
                failure=Failure.INTERNAL,
                failure_message=MESSAGE,
                review=Review.NEEDS_ATTENTION,
                look=Look.NONE,
                run_at=None,
                finished_at=Now(),
                crashes=crashes + 1,
                version=F("version") + 1,
                updated_at=Now(),
            )
            add_events([(pk, status, Status.FAILED, "engine", note)])
            _close_conversations([database_uuid(pk)])
    return blamed


def release(holds: Sequence[Hold], note: str) -> int:
    """Give back rows that only were in the same hands."""
    return _give_back_these(holds, note, crashed=False)


def _give_back_these(holds: Sequence[Hold], note: str, *, crashed: bool) -> int:
    if not holds:
        return 0
    pairs = ", ".join(["(%s, %s)"] * len(holds))
    parameters = [part for pk, fence in holds for part in (database_uuid(pk), fence)]
    return _give_back(f"(id, fence) IN (VALUES {pairs})", parameters, note, crashed=crashed)


def held_by_host(host_id: str) -> bool:
    """Whether some worker of this host still holds a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {TASK} WHERE status = 'running' AND {_OF_HOST} LIMIT 1",
            _of_host(host_id),
        )
        return cursor.fetchone() is not None


def _of_host(host_id: str) -> list[Any]:
    """The parameters of `_OF_HOST`."""
    prefix = f"{host_id}:"
    return [len(prefix), prefix]


def _give_back(condition: str, parameters: list[Any], note: str, *, crashed: bool = True) -> int:
    total = 0
    while True:
        with transaction.atomic():
            rows = _move(condition, parameters, crashed)
            add_events(
                [
                    (python_uuid(pk), Status.RUNNING, Status(status), "engine", note)
                    for pk, status in rows
                ]
            )
            _close_conversations([pk for pk, status in rows if status == Status.FAILED])
        total += len(rows)
        if len(rows) < _AT_ONCE:
            return total


def _move(condition: str, parameters: list[Any], crashed: bool) -> list[tuple[Any, str]]:
    """Failed after too many crashes; else first ask the payer what became of our call.

    A row in a worker's hands always has an open conversation, since the intent is written in
    the claim's transaction; one that was being polled is polled again. It keeps its place in
    line: it is due, and who came after it is not served before it.
    """
    lock = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    counted = "1" if crashed else _OFTEN_HELD
    poison = f"({TASK}.crashes + {counted} >= {MOST_CRASHES})"
    place = f"COALESCE({TASK}.run_at, {clock.now()})"
    talking = (
        "EXISTS (SELECT 1 FROM eligibility_attempt a"
        f" WHERE a.task_id = {TASK}.id AND a.state = 'open')"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH lost AS MATERIALIZED (
                SELECT id FROM {TASK}
                WHERE status = 'running' AND {condition} LIMIT {_AT_ONCE}{lock}
            )
            UPDATE {TASK} SET
                status = CASE WHEN {poison} THEN 'failed'
                    WHEN {talking} THEN 'waiting' ELSE 'pending' END,
                failure = CASE WHEN {poison} THEN '{Failure.INTERNAL.value}' ELSE '' END,
                failure_message = CASE WHEN {poison} THEN '{MESSAGE}' ELSE '' END,
                review = CASE WHEN {poison} THEN 'needs_attention' ELSE {TASK}.review END,
                look = CASE WHEN {poison} OR NOT {talking} THEN ''
                    WHEN {TASK}.look = '' THEN '{Look.RECONCILE.value}' ELSE {TASK}.look END,
                run_at = CASE WHEN {poison} THEN NULL ELSE {place} END,
                finished_at = CASE WHEN {poison} THEN {clock.now()} ELSE NULL END,
                crashes = {TASK}.crashes + {counted}, lease_until = NULL, worker = '',
                version = {TASK}.version + 1, updated_at = {clock.now()}
            FROM lost WHERE {TASK}.id = lost.id RETURNING {TASK}.id, {TASK}.status
            """,
            parameters,
        )
        rows: list[tuple[Any, str]] = cursor.fetchall()
        return rows


def _close_conversations(task_ids: Sequence[Any]) -> None:
    if not task_ids:
        return
    marks = ", ".join(["%s"] * len(task_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE eligibility_attempt SET state = 'failed', failure = %s, code = 'crash',"
            f" finished_at = {clock.now_after('started_at')}"
            f" WHERE state = 'open' AND task_id IN ({marks})",
            [Failure.INTERNAL.value, *task_ids],
        )
