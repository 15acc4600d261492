"""Rows that people cancel and re-run, whatever the engine was doing with them."""

from __future__ import annotations

import pytest

from eligibility.choices import Failure, Look, Outcome, Status
from eligibility.connectors.base import Failed, Pending
from eligibility.engine import leases
from eligibility.models import Attempt, EligibilityTask, Result
from eligibility.operations import retry_tasks
from tests.eligibility.engine.helpers import (
    again,
    answered,
    cancel,
    claim,
    claim_one,
    drain_once,
    drain_until_done,
    end,
    let_lease_end,
    make_due,
    make_lane,
    make_row,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def task() -> EligibilityTask:
    return make_row(make_lane(), "later=60")


def run_again(task: EligibilityTask) -> None:
    moved = retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    assert moved.moved == 1
    make_due(task)


def states() -> list[tuple[int, str, str]]:
    return list(Attempt.objects.order_by("number").values_list("number", "state", "code"))


def test_a_row_cancelled_while_it_waited_asks_anew_and_forgets_the_old_conversation(
    task: EligibilityTask,
) -> None:
    end(claim_one(), Pending("h-1", 60.0))
    cancel(task)
    run_again(task)

    claimed = claim_one()

    assert (claimed.look, claimed.handle) == (Look.NONE, "")
    assert states() == [(1, "failed", "abandoned"), (2, "open", "")]
    end(claimed, answered())
    assert again(task).result_id == Result.objects.get().pk


def test_a_row_cancelled_and_run_again_while_its_call_is_out_keeps_both_answers_apart(
    task: EligibilityTask,
) -> None:
    first = claim_one()
    cancel(task)
    run_again(task)
    second = claim_one()

    assert end(first, answered(Outcome.NOT_ELIGIBLE)) == 0
    assert end(second, answered(Outcome.ELIGIBLE)) == 1

    assert again(task).outcome == Outcome.ELIGIBLE
    old, new = Attempt.objects.order_by("number")
    assert (old.state, old.late, old.result.outcome) == ("failed", True, Outcome.NOT_ELIGIBLE)
    assert (new.state, new.late, new.result.outcome) == ("answered", False, Outcome.ELIGIBLE)


def test_a_row_run_again_after_an_answer_keeps_the_old_one_until_there_is_a_new_one(
    task: EligibilityTask,
) -> None:
    end(claim_one(), answered(Outcome.NOT_ELIGIBLE))
    old = again(task).result_id
    run_again(task)
    assert (again(task).result_id, again(task).outcome) == (old, "")

    end(claim_one(), answered(Outcome.ELIGIBLE))

    assert again(task).result_id != old
    assert states() == [(1, "answered", ""), (2, "answered", "")]


def test_a_row_run_again_has_all_its_tries_before_it(task: EligibilityTask) -> None:
    for _ in range(2):
        end(claim_one(), Failed(Failure.BAD_RESPONSE, "c", "m"))
        make_due(task)
    assert again(task).status == Status.FAILED
    run_again(task)

    end(claim_one(), Failed(Failure.BAD_RESPONSE, "c", "m"))

    assert again(task).status == Status.PENDING


def test_a_row_cancelled_while_it_ran_gives_its_lease_back(task: EligibilityTask) -> None:
    claim()
    cancel(task)

    assert leases.return_of_host("host") == 0
    assert again(task).lease_until is None
    run_again(task)
    claim()
    let_lease_end(task)
    assert leases.return_expired() == 1
    assert states() == [(1, "failed", "abandoned"), (2, "open", "")]


def test_a_row_that_waits_and_is_run_again_is_submitted_again(payer: WatchedPayer) -> None:
    task = make_row(make_lane(), "later=60;times=1;outcome=eligible")
    drain_once(payer)
    cancel(task)
    run_again(task)

    drain_until_done(payer)

    assert payer.kinds(task) == ["submit", "submit"]
    assert again(task).outcome == Outcome.ELIGIBLE
