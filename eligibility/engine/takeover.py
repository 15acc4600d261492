"""Claimed rows whose question has been answered meanwhile: done in the claim's own transaction.

A row that came with its answer known was made done at once (`operations.reuse`); this is for
rows that waited: scheduled ones, and the second of two equal questions. Only lanes whose
connection reuses answers take part; the others cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from eligibility import clock
from eligibility.choices import Look, Status
from eligibility.engine.claim import Claimed
from eligibility.engine.fresh import Known, Question, known_answers, lanes_with_windows, question_of
from eligibility.engine.rows import TASK, add_events, database_uuid
from eligibility.models import Connection, EligibilityTask, TaskEvent


def reused_note(outcome: str) -> str:
    """An event's note: nobody was asked, an earlier answer with this outcome stands."""
    return f"reused: {outcome}"


def take_over(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Give the rows the answers that are known; returns those that must be asked.

    Belongs to the claim's transaction, before the intents: for everybody else the row goes from
    pending to done. Only a row that nothing has happened to yet takes an answer over: whoever
    was asked, fixed, cancelled or re-run before is asked.
    """
    new = [row for row in claimed if row.look is Look.NONE and row.fence == 1]
    lanes = _lanes_of(new)
    if not lanes:
        return list(claimed)
    now = timezone.now()
    asked = _questions([row for row in new if row.lane.id in lanes], lanes, now)
    known = known_answers([question for _, question in asked])
    reused = [(asked[place][0], answer) for place, answer in known.items()]
    _finish(reused)
    done = {row.task_id for row, _ in reused}
    return [row for row in claimed if row.task_id not in done]


def _lanes_of(rows: Sequence[Claimed]) -> dict[int, Connection]:
    """The connections behind the rows' lanes that reuse answers."""
    ids = {row.lane.id for row in rows if row.lane.reuses}
    return lanes_with_windows(Connection.objects.filter(pk__in=ids)) if ids else {}


def _questions(
    rows: Sequence[Claimed], lanes: dict[int, Connection], now: datetime
) -> list[tuple[Claimed, Question]]:
    """What the rows ask, those left out that shall be asked whatever is known."""
    by_id = {row.task_id: row for row in rows}
    tasks = (
        EligibilityTask.objects.with_ids(by_id)
        .filter(~Exists(TaskEvent.objects.filter(task=OuterRef("pk"))))
        .filter(parent=None, is_search=False, test_mode=False)
        .select_related("clinic")
        .only("id_type", "id_key", "visit_type", "service_date", "details", "clinic__timezone")
    )
    found = []
    for task in tasks:
        question = question_of(
            lanes[by_id[task.pk].lane.id],
            clinic_id=task.clinic_id,
            zone=task.clinic.zone,
            id_type=task.id_type,
            id_key=task.id_key,
            visit_type=task.visit_type,
            service_date=task.service_date,
            now=now,
        )
        if question is not None and not task.details.get("force"):
            found.append((by_id[task.pk], question))
    return found


def _finish(reused: Sequence[tuple[Claimed, Known]]) -> None:
    """Write the ends of the rows and their moves. Nobody was asked: `asked_at` is taken back."""
    if not reused:
        return
    ends: list[tuple[Any, ...]] = [
        (
            known.outcome,
            database_uuid(known.result_id),
            database_uuid(known.task_id),
            database_uuid(row.task_id),
            row.fence,
        )
        for row, known in reused
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {TASK} SET status = 'done', outcome = %s, result_id = %s,"
            " reused_from_id = %s, result_question = question_number, run_at = NULL,"
            f" asked_at = NULL, finished_at = {clock.now()}, lease_until = NULL, worker = '',"
            f" version = version + 1, updated_at = {clock.now()}"
            " WHERE id = %s AND fence = %s AND status = 'running'",
            ends,
        )
    add_events(
        [
            (row.task_id, Status.PENDING, Status.DONE, "engine", reused_note(known.outcome))
            for row, known in reused
        ]
    )
