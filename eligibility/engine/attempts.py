"""The end of conversations: their attempts are closed, and no answer is thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from eligibility import clock
from eligibility.choices import FAILURE_RULES, FINAL, AttemptState, Look, Outcome
from eligibility.connectors.base import Done, Failed, Reply
from eligibility.engine.claim import Claimed
from eligibility.engine.kept import Kept, evidence
from eligibility.engine.moves import Move, answered
from eligibility.engine.rows import TASK, as_records, database_uuid, recordset
from eligibility.models import Attempt, EligibilityTask, Result
from eligibility.results import NORMALISER_VERSION
from portal.intake.insert import insert_rows
from portal.intake.text import storable_text


@dataclass(slots=True)
class Finished:
    """A claimed row with the reply it got and the move that follows.

    `is_ours` says whether the row was still in our hands when the move was written.
    """

    row: Claimed
    reply: Reply
    move: Move
    result_id: UUID | None = None
    is_ours: bool = False

    @property
    def prevails(self) -> bool:
        """Whether the row takes the answer for its own, over the one that it may have."""
        return not self.move.answer


def close(group: Sequence[Finished]) -> None:
    """End the conversations that have ended; one that goes on stays open.

    So does one whose row is in other hands by now, or will be: they ask what became of it.
    """
    final = _final_rows([item.row.task_id for item in group if not item.is_ours])
    ended = [
        _ending(item)
        for item in group
        if item.row.attempt_id is not None
        and (item.move.closes or isinstance(item.reply, Done))
        and (item.is_ours or item.row.task_id in final)
    ]
    if ended:
        _close_all(ended)


_ENDING = {
    "state": "text", "failure": "text", "code": "text", "message": "text", "raw": "text",
    "failed": "bool", "is_late": "bool", "id": "uuid",
}  # fmt: skip


def _close_all(ended: Sequence[tuple[Any, ...]]) -> None:
    times = (
        f"finished_at = {clock.now_after('started_at')},"
        f" milliseconds = {clock.milliseconds_since('started_at')}"
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "UPDATE eligibility_attempt AS a SET state = v.state, failure = v.failure,"
                " code = v.code, message = v.message, raw = v.raw::jsonb,"
                f" late = (a.late AND v.failed) OR v.is_late, {times}"
                f" FROM {recordset(_ENDING)} WHERE a.id = v.id AND a.state = 'open'",
                [as_records(_ENDING, ended)],
            )
        else:
            cursor.executemany(
                "UPDATE eligibility_attempt SET state = %s, failure = %s, code = %s, message = %s,"
                f" raw = %s, late = (late AND %s) OR %s, {times} WHERE id = %s AND state = 'open'",
                ended,
            )


def _final_rows(task_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the rows that nobody will ask about any more."""
    if not task_ids:
        return set()
    rows = EligibilityTask.objects.filter(pk__in=task_ids, status__in=FINAL)
    return set(rows.values_list("pk", flat=True))


def _ending(item: Finished) -> tuple[Any, ...]:
    """The parameters that close one attempt. A failure does not undo an answer that came late."""
    reply, failure = item.reply, item.move.closes
    code, message = (reply.code, reply.message) if isinstance(reply, Failed) else ("", "")
    return (
        (AttemptState.FAILED if failure else AttemptState.ANSWERED).value,
        failure,
        storable_text(code)[:64],
        storable_text(message)[:500],
        evidence(reply),
        bool(failure),
        not item.is_ours,
        database_uuid(item.row.attempt_id) if item.row.attempt_id else None,
    )


def failed_alike(row: Claimed, reply: Reply) -> int | None:
    """How many conversations of the row have failed like this one, where its class has a limit.

    Those since a person put the row in line. None when they are counted together with all
    others: looks at one conversation may fail without ending it.
    """
    if not isinstance(reply, Failed) or row.look is not Look.NONE or not row.failed:
        return None
    if FAILURE_RULES[reply.failure].most_conversations is None:
        return None
    failed = Attempt.objects.filter(task_id=row.task_id, state=AttemptState.FAILED)
    last = failed.order_by("-number").values_list("failure", flat=True)[: row.failed]
    return sum(each == reply.failure for each in last)


def keep_answers(group: Sequence[Finished]) -> None:
    """Store the normalised answers, the late ones too: a payer's word is never thrown away.

    A conversation has one answer, the first that was heard. When the row was given up for lost
    and asked about again, that may be the late one of its former holder.
    """
    answers = sorted(
        (item for item in group if isinstance(item.reply, Done)), key=lambda item: not item.is_ours
    )
    first = _first_answers(answers)
    fresh: dict[UUID | None, Finished] = {}
    for item in answers:
        if item.row.attempt_id in first:
            _use_first(item, *first[item.row.attempt_id])
        else:
            fresh.setdefault(item.row.attempt_id, item)
    _insert_results(list(fresh.values()))
    if connection.vendor == "sqlite":
        _point_to_results([item for item in fresh.values() if item.is_ours and item.prevails])
    _mark_late([item for item in fresh.values() if not item.is_ours])


def _first_answers(answers: Sequence[Finished]) -> dict[UUID | None, tuple[UUID, str]]:
    """(result, outcome) by attempt, where the conversation has been answered before.

    Only a late answer and a second look can find one. The attempts are locked first, by their
    closing or here, so that of two answers at the same moment one is the first.
    """
    doubtful = [item for item in answers if not item.is_ours or item.row.look is not Look.NONE]
    if not doubtful:
        return {}
    attempts = Attempt.objects.filter(pk__in=[item.row.attempt_id for item in doubtful])
    list(attempts.select_for_update().order_by("pk").values_list("pk"))
    results = Result.objects.filter(attempt__in=[item.row.attempt_id for item in doubtful])
    return {
        attempt_id: (pk, outcome)
        for attempt_id, pk, outcome in results.values_list("attempt_id", "pk", "outcome")
    }


def _use_first(item: Finished, result_id: UUID, outcome: str) -> None:
    """Let the row have the answer that its conversation already has, if that prevails.

    Else the one it had before, which the other answer may have pushed away a moment ago.
    """
    if not item.is_ours:
        return
    row = item.row
    item.move = answered(Outcome(outcome), row.earlier)
    item.result_id = result_id if item.prevails else row.earlier_id
    asked_by = Result.objects.filter(pk__in=[item.result_id]).exclude(task=row.task_id)
    EligibilityTask.objects.filter(pk=row.task_id, fence=row.fence).update(
        result_id=item.result_id,
        result_question=F("question_number"),
        reused_from=asked_by.values_list("task_id", flat=True).first(),
        outcome=item.move.outcome,
        review=item.move.review,
    )


def _insert_results(answers: Sequence[Finished]) -> None:
    if not answers:
        return
    columns = (
        "id", "task_id", "attempt_id", "outcome", "answer", "synthetic",
        "normaliser_version", "created_at",
    )  # fmt: skip
    now = timezone.now()
    insert_rows(Result, columns, [_result(item, now) for item in answers])


def _result(item: Finished, now: datetime) -> tuple[Any, ...]:
    row, reply = item.row, item.reply
    assert isinstance(reply, Kept)
    is_synthetic = row.lane.connector == "synthetic"
    return (
        item.result_id, row.task_id, row.attempt_id, reply.outcome.value, reply.text, is_synthetic,
        NORMALISER_VERSION, now,
    )  # fmt: skip


def _point_to_results(answers: Sequence[Finished]) -> None:
    """Let the rows point to their results, on SQLite only now that these are there.

    As long as a row points to a result that is still to come, SQLite looks through all rows
    for each result that comes.
    """
    if not answers:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {TASK} SET result_id = %s, result_question = question_number,"
            " reused_from_id = NULL WHERE id = %s",
            [
                (database_uuid(item.result_id), database_uuid(item.row.task_id))
                for item in answers
                if item.result_id
            ],
        )


def _mark_late(answers: Sequence[Finished]) -> None:
    if answers:
        attempts = [item.row.attempt_id for item in answers if item.row.attempt_id]
        Attempt.objects.filter(pk__in=attempts).update(late=True)
