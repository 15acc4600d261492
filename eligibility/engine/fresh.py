"""Answers that the clinic has already and need not pay for again: found in one statement.

What a question is and how old an answer may be, `eligibility.freshness` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.db import connection

from eligibility.engine.rows import TASK, database_uuid, python_uuid
from eligibility.freshness import (
    CLOCKS_DIFFER,
    REUSABLE,
    Window,
    any_window,
    day_begins,
    still_holds,
    window_for,
)
from eligibility.models import Connection


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how fresh an answer must be.

    `day` is the day of the visit or, without one, the day of asking in the clinic's zone. Only
    answers are found that are as real as the ones the connection gives: a `synthetic` one never
    stands for a payer's own.
    """

    clinic_id: UUID
    payer_id: int
    id_type: str
    id_key: str
    visit_type: str
    day: date
    zone: tzinfo
    window: Window
    now: datetime
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A usable answer: its result, the task whose conversation got it, and when that was."""

    result_id: UUID
    task_id: UUID
    outcome: str
    answered_at: datetime


def lanes_with_windows(lanes: Iterable[Connection]) -> dict[int, Connection]:
    """Those of the connections that reuse answers at all, by id. Empty costs nothing more."""
    return {
        lane.pk: lane
        for lane in lanes
        if lane.freshness and lane.payer_id is not None and any_window(lane.freshness)
    }


def question_of(
    lane: Connection,
    *,
    clinic_id: UUID,
    zone: tzinfo,
    id_type: str,
    id_key: str,
    visit_type: str,
    service_date: date | None,
    now: datetime,
) -> Question | None:
    """The question as this lane would ask it; None where its answers are not reused."""
    window = window_for(lane.freshness, visit_type)
    if window is None or lane.payer_id is None or not id_key:
        return None
    return Question(
        clinic_id=clinic_id,
        payer_id=lane.payer_id,
        id_type=id_type,
        id_key=id_key,
        visit_type=visit_type,
        day=service_date or now.astimezone(zone).date(),
        zone=zone,
        window=window,
        now=now,
        synthetic=lane.connector == "synthetic",
    )


def known_answers(questions: Sequence[Question]) -> dict[int, Known]:
    """The newest usable answer to each question that has one, by the question's place.

    One statement, however many questions; each walks the index of its clinic's identifiers.
    """
    if not questions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT[connection.vendor], _parameters(questions))
        rows = cursor.fetchall()
    found: dict[int, Known] = {}
    for place, result_id, task_id, outcome, answered_at, end, is_placeholder in rows:
        asked = questions[place]
        policy = {"end": end, "end_is_placeholder": is_placeholder in (1, True, "true")}
        if still_holds(policy, max(asked.day, asked.now.astimezone(asked.zone).date())):
            found[place] = Known(
                python_uuid(result_id), python_uuid(task_id), outcome, _moment(answered_at)
            )
    return found


def _moment(value: datetime | str) -> datetime:
    """A moment as a raw read gives it: SQLite's is text, in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


_ANSWERED = f"""
    SELECT f.place, r.id, r.task_id, r.outcome, r.created_at, {{end}}, {{placeholder}} FROM (
        SELECT q.place, (
            SELECT s.id FROM {TASK} t JOIN eligibility_result s ON s.id = t.result_id
            WHERE t.clinic_id = q.clinic AND t.id_key = q.id_key AND t.parent_id IS NULL
              AND t.payer_id = q.payer AND t.id_type = q.id_type AND t.visit_type = q.visit_type
              AND (t.service_date = q.day OR (t.service_date IS NULL
                   AND s.created_at >= q.day_begins AND s.created_at < q.day_ends))
              AND t.status = 'done' AND t.result_question = t.question_number
              AND t.review <> 'needs_attention' AND NOT t.test_mode
              AND s.outcome IN ({", ".join(f"'{each.value}'" for each in REUSABLE)})
              AND s.synthetic = q.synthetic
              AND s.created_at >= q.opens_at AND s.created_at <= q.closes_at
            ORDER BY s.created_at DESC, s.id DESC LIMIT 1
        ) AS result_id FROM q
    ) f JOIN eligibility_result r ON r.id = f.result_id
"""
_NAMES = (
    "place, clinic, payer, id_type, id_key, visit_type, day, day_begins, day_ends, opens_at,"
    " closes_at, synthetic"
)
_TYPES = (
    "int", "uuid", "bigint", "text", "text", "text", "date", "timestamptz", "timestamptz",
    "timestamptz", "timestamptz", "bool",
)  # fmt: skip
_STATEMENT = {
    "postgresql": f"WITH q({_NAMES}) AS MATERIALIZED (SELECT"
    + ", ".join(f" unnest(%s::{kind}[])" for kind in _TYPES)
    + ")"
    + _ANSWERED.format(
        end="r.answer #>> '{{policy,end}}'",
        placeholder="r.answer #>> '{{policy,end_is_placeholder}}'",
    ).replace("{{", "{").replace("}}", "}"),
    "sqlite": f"WITH q({_NAMES}) AS MATERIALIZED (SELECT "
    + ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(_TYPES)))
    + " FROM json_each(%s))"
    + _ANSWERED.format(
        end="json_extract(r.answer, '$.policy.end')",
        placeholder="json_extract(r.answer, '$.policy.end_is_placeholder')",
    ),
}  # fmt: skip
"""Written so that both databases walk the identifiers' index once for each question."""


def _parameters(questions: Sequence[Question]) -> list[Any]:
    rows = [_row(place, asked) for place, asked in enumerate(questions)]
    if connection.vendor == "postgresql":
        return [list(column) for column in zip(*rows, strict=True)]
    return [json.dumps(rows, default=_as_text)]


def _row(place: int, asked: Question) -> tuple[Any, ...]:
    return (
        *(place, database_uuid(asked.clinic_id), asked.payer_id),
        *(asked.id_type, asked.id_key, asked.visit_type, asked.day),
        day_begins(asked.day, asked.zone),
        day_begins(asked.day + timedelta(days=1), asked.zone),
        *(asked.window.opens_at(asked.now, asked.zone), asked.now + CLOCKS_DIFFER),
        asked.synthetic,
    )


def _as_text(value: date | datetime) -> str:
    """A day or a moment as SQLite's rows hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value.isoformat()


def fresh_found(
    lanes: Iterable[Connection],
    *,
    clinic_id: UUID,
    zone: tzinfo,
    id_type: str,
    id_key: str,
    visit_type: str,
    service_date: date | None,
    now: datetime,
) -> tuple[Connection, Known] | None:
    """The payer that said "eligible" a short while ago, among these: for searches.

    The newest of several, with the connection that reaches it; None when nobody's window has one.
    """
    asked = [
        (lane, question)
        for lane in lanes_with_windows(lanes).values()
        if (
            question := question_of(
                lane,
                clinic_id=clinic_id,
                zone=zone,
                id_type=id_type,
                id_key=id_key,
                visit_type=visit_type,
                service_date=service_date,
                now=now,
            )
        )
    ]
    known = known_answers([question for _, question in asked])
    found = [(asked[place][0], each) for place, each in known.items() if each.outcome == "eligible"]
    return max(found, key=lambda pair: pair[1].answered_at, default=None)
