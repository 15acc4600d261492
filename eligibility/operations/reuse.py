"""New rows whose question the clinic has an answer to: made done at once, without a call.

Only where the team's connection reuses answers at all (`eligibility.freshness`), only for rows
that are due now and did not say `force`. Rows for later are judged at their turn
(`engine.takeover`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eligibility.choices import Review, Status
from eligibility.engine.fresh import Known, Question, known_answers, lanes_with_windows, question_of
from eligibility.engine.routes import Routes
from eligibility.engine.rows import add_events
from eligibility.engine.takeover import reused_note
from eligibility.models import Connection, EligibilityTask
from eligibility.operations.answers import Fresh, Intake
from eligibility.operations.rows import COLUMNS
from eligibility.rules import Checked
from portal.intake.insert import insert_rows

REUSED_COLUMNS = (
    *COLUMNS,
    "status",
    "outcome",
    "review",
    "result_id",
    "reused_from_id",
    "finished_at",
)
_RUN_AT = COLUMNS.index("run_at")


def find_reusable(
    intake: Intake,
    fresh: Iterable[Fresh],
    payer_ids: Mapping[str, int],
    connections: Iterable[Connection],
) -> dict[int, Known]:
    """The answers that stand for these new rows, by the rows' index.

    Asks the database nothing when no connection of the team reuses answers; else once.
    """
    connections = list(connections)
    lanes = lanes_with_windows(connections)
    if not lanes or _is_for_later(intake, None):
        return {}
    routes = Routes(connections, is_production=intake.team.is_production)
    asked = {}
    for index, checked, *_ in fresh:
        if (question := _question(intake, checked, payer_ids, routes, lanes)) is not None:
            asked[index] = question
    known = known_answers(list(asked.values()))
    return {index: known[place] for place, index in enumerate(asked) if place in known}


def _question(
    intake: Intake,
    checked: Checked,
    payer_ids: Mapping[str, int],
    routes: Routes,
    lanes: Mapping[int, Connection],
) -> Question | None:
    """What the row asks; None where it shall be asked whatever is known."""
    row, payer = checked.row, checked.payer
    if row is None or payer is None or payer.is_search or row.test_mode or row.force:
        return None
    if _is_for_later(intake, checked):
        return None
    lane_id = routes.find(payer_ids[payer.code], is_search=False, test_mode=False)
    lane = lanes.get(lane_id) if lane_id is not None else None
    if lane is None:
        return None
    return question_of(
        lane,
        clinic_id=intake.clinic.pk,
        zone=intake.clinic.zone,
        id_type=row.id_type,
        id_key=checked.search_key,
        visit_type=row.visit_type,
        service_date=row.service_date,
        now=intake.now,
    )


def _is_for_later(intake: Intake, checked: Checked | None) -> bool:
    moment = checked.scheduled_for if checked else intake.scheduled_for
    return moment is not None and moment > intake.now


def insert_reused(intake: Intake, rows: Iterable[tuple[tuple[Any, ...], Known]]) -> None:
    """Insert rows (as `RowBuilder` made them) as answered, each with the move in its history.

    In the order of the tasks that they point to: so two such requests, and whoever locks those
    tasks, never wait for each other.
    """
    ordered = sorted(rows, key=lambda pair: pair[1].task_id)
    if not ordered:
        return
    insert_rows(
        EligibilityTask,
        REUSED_COLUMNS,
        [(*_never_due(values), *_answered(known, intake)) for values, known in ordered],
    )
    add_events(
        [
            (values[0], Status.PENDING, Status.DONE, "engine", reused_note(known.outcome))
            for values, known in ordered
        ]
    )


def _never_due(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*values[:_RUN_AT], None, *values[_RUN_AT + 1 :])


def _answered(known: Known, intake: Intake) -> tuple[Any, ...]:
    return (
        *(Status.DONE.value, known.outcome, Review.NONE.value),
        *(known.result_id, known.task_id, intake.now),
    )
