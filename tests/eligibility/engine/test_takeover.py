"""Rows that waited for their turn, and whose question was answered meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eligibility.choices import Outcome
from eligibility.engine import claim as claims
from eligibility.engine import intents
from eligibility.engine.takeover import take_over
from eligibility.models import Attempt, Connection, EligibilityTask
from eligibility.operations import retry_tasks
from tests.eligibility.engine.helpers import (
    WORKER,
    again,
    answered,
    claim_one,
    drain_until_done,
    end,
    history,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")

SAME: dict[str, Any] = {"id_value": "CARD-7", "id_key": "CARD7", "visit_type": "OUTPATIENT"}


def lane_with_windows(**fields: Any) -> Connection:
    """A lane that reuses the answers of the last four hours."""
    return make_lane(**{"freshness": {"*": "4h"}} | fields)


def an_answer(lane: Connection, outcome: Outcome = Outcome.ELIGIBLE) -> EligibilityTask:
    """A row of the lane that has just been asked and answered."""
    first = make_row(lane, **SAME)
    end(claim_one(), answered(outcome))
    return again(first)


def turn() -> tuple[int, int]:
    """Claim what is due, as a drain does; returns (claimed, still to be asked)."""
    with transaction.atomic():
        taken = claims.claim(WORKER, most=400)
        left = take_over(taken)
        intents.write_intents(left, WORKER)
    return len(taken), len(left)


@pytest.mark.parametrize("outcome", [Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE])
def test_a_row_takes_the_answer_over_when_its_turn_comes(outcome: Outcome) -> None:
    lane = lane_with_windows()
    first = an_answer(lane, outcome)
    second = make_row(lane, **SAME)
    assert turn() == (1, 0)
    row = again(second)
    assert (row.status, row.outcome, row.review) == ("done", outcome, "none")
    assert (row.result_id, row.reused_from_id) == (first.result_id, first.pk)
    assert (row.run_at, row.asked_at, row.lease_until, row.worker) == (None, None, None, "")
    assert history(row) == ["done"]
    assert not Attempt.objects.filter(task=row).exists()


def test_the_second_of_two_equal_questions_costs_no_call(payer: WatchedPayer) -> None:
    lane = lane_with_windows(max_in_flight=1)
    first, second = make_rows(lane, 2, **SAME)
    other = make_row(lane, id_value="CARD-8", id_key="CARD8", visit_type="OUTPATIENT")
    drain_until_done(payer)
    assert again(first).status == again(second).status == again(other).status == "done"
    assert again(second).reused_from_id == first.pk
    assert again(other).reused_from_id is None
    assert Attempt.objects.count() == 2
    assert len(payer.headers) == 2


@pytest.mark.parametrize(
    "fields",
    [{"details": {"force": True}}, {"id_key": "CARD9"}, {"visit_type": ""}, {"test_mode": True}],
)
def test_force_and_another_question_are_asked(fields: dict[str, Any]) -> None:
    lane = lane_with_windows()
    an_answer(lane)
    row = make_row(lane, **SAME | fields)
    assert turn() == (1, 1)
    assert again(row).status == "running"


def test_a_lane_without_windows_asks_and_costs_no_statement() -> None:
    lane = make_lane()
    an_answer(lane)
    row = make_row(lane, **SAME)
    with transaction.atomic():
        taken = claims.claim(WORKER, most=400)
        with CaptureQueriesContext(connection) as context:
            assert take_over(taken) == taken
        assert len(context) == 0
        intents.write_intents(taken, WORKER)
    assert again(row).status == "running"


def test_a_staff_re_run_always_asks(payer: WatchedPayer) -> None:
    lane = lane_with_windows()
    first = an_answer(lane)
    second = make_row(lane, **SAME)
    turn()
    retry_tasks(tasks=EligibilityTask.objects.filter(pk__in=[first.pk, second.pk]), actor="a" * 24)
    assert turn() == (2, 2)
    assert Attempt.objects.filter(task=second).count() == 1


def test_a_row_that_was_asked_before_goes_on_asking() -> None:
    """What became of its own call is more than what another row was told."""
    lane = lane_with_windows()
    second = make_row(lane, **SAME)
    held = claim_one()
    make_row(lane, **SAME)
    end(claim_one(), answered())
    assert held.task_id == second.pk
    assert again(second).status == "running"


def test_the_statements_do_not_grow_with_the_rows() -> None:
    lane = lane_with_windows(max_in_flight=400)

    def statements(count: int) -> int:
        an_answer(lane)
        make_rows(lane, count, each=lambda number: {"id_key": f"N{count}-{number}"})
        make_rows(lane, count, **SAME)
        with transaction.atomic():
            taken = claims.claim(WORKER, most=400)
            with CaptureQueriesContext(connection) as context:
                left = take_over(taken)
            intents.write_intents(left, WORKER)
        assert len(left) == len(taken) - count
        return len([each for each in context.captured_queries if "executemany" not in each["sql"]])

    assert statements(2) == statements(40)
