"""Answers that come when their row has moved on: kept, marked late, and never in the way."""

from __future__ import annotations

import pytest
from django.db import transaction

from eligibility.choices import Failure, Look, Outcome, Status
from eligibility.connectors.base import Failed, NotDelivered, Pending
from eligibility.engine import leases
from eligibility.engine.claim import Claimed
from eligibility.engine.finish import finish
from eligibility.models import Attempt, EligibilityTask, Result
from tests.eligibility.engine.helpers import (
    again,
    answered,
    cancel,
    claim_one,
    end,
    finished,
    history,
    let_lease_end,
    make_due,
    make_lane,
    make_row,
)

pytestmark = pytest.mark.usefixtures("db")
FAILED = Failed(Failure.INTERNAL, "c", "m")


@pytest.fixture
def task() -> EligibilityTask:
    return make_row(make_lane())


def lose(task: EligibilityTask) -> Claimed:
    """A claim whose lease ends while its holder still waits for the payer."""
    claimed = claim_one("slow:1")
    let_lease_end(task)
    assert leases.return_expired() == 1
    return claimed


def test_an_answer_to_a_row_that_was_cancelled_meanwhile_is_kept_as_late(
    task: EligibilityTask,
) -> None:
    claimed = claim_one()
    cancel(task)

    assert end(claimed, answered()) == 0

    row, attempt, result = again(task), Attempt.objects.get(), Result.objects.get()
    assert (row.status, row.outcome, row.result_id) == ("cancelled", "", None)
    assert (attempt.state, attempt.late, result.attempt_id) == ("answered", True, attempt.pk)
    assert history(task) == [Status.RUNNING, Status.CANCELLED]


def test_a_failure_of_a_row_that_was_cancelled_meanwhile_is_kept_as_late(
    task: EligibilityTask,
) -> None:
    claimed = claim_one()
    cancel(task)

    assert end(claimed, FAILED) == 0

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.failure, attempt.late) == ("failed", "internal", True)
    assert again(task).failed_conversations == 0


def test_a_late_answer_leaves_the_row_alone_and_its_conversation_open_for_the_next_look(
    task: EligibilityTask,
) -> None:
    slow = lose(task)

    assert end(slow, answered()) == 0

    row, attempt = again(task), Attempt.objects.get()
    assert (row.status, row.look, row.result_id) == ("waiting", Look.RECONCILE, None)
    assert (attempt.state, attempt.late) == ("open", True)
    assert Result.objects.get().attempt_id == attempt.pk


def test_the_next_look_finds_the_late_answer_and_the_row_has_it(task: EligibilityTask) -> None:
    slow = lose(task)
    end(slow, answered(Outcome.ELIGIBLE))

    assert end(claim_one(), answered(Outcome.NOT_ELIGIBLE)) == 1

    row, attempt, result = again(task), Attempt.objects.get(), Result.objects.get()
    assert (row.status, row.outcome, row.result_id) == ("done", "eligible", result.pk)
    assert (attempt.state, attempt.looks, attempt.late) == ("answered", 2, False)
    assert row.review == "none"


def test_an_answer_that_comes_while_another_worker_asks_again_is_no_obstacle(
    task: EligibilityTask,
) -> None:
    slow = lose(task)
    quick = claim_one("quick:2")

    assert end(slow, answered()) == 0
    assert Attempt.objects.get().state == "open"
    assert end(quick, answered()) == 1

    assert again(task).status == Status.DONE
    assert Result.objects.count() == 1


def test_an_answer_that_comes_after_the_second_look_has_found_one_changes_nothing(
    task: EligibilityTask,
) -> None:
    slow = lose(task)
    end(claim_one(), answered(Outcome.ELIGIBLE))

    assert end(slow, answered(Outcome.NOT_ELIGIBLE)) == 0

    assert Result.objects.get().outcome == Outcome.ELIGIBLE
    assert not Attempt.objects.get().late


def test_a_late_and_a_timely_answer_may_be_written_in_one_group(task: EligibilityTask) -> None:
    slow = lose(task)
    quick = claim_one()

    with transaction.atomic():
        ours = finish([finished(slow, answered()), finished(quick, answered())])

    assert ours == 1
    assert (again(task).status, Result.objects.count()) == (Status.DONE, 1)
    assert history(task) == ["running", "waiting", "running", "done"]


@pytest.mark.parametrize("reply", [FAILED, NotDelivered()], ids=["failed", "not delivered"])
def test_a_late_answer_survives_a_second_look_that_finds_nothing(
    task: EligibilityTask, reply: Failed | NotDelivered
) -> None:
    slow = lose(task)
    end(slow, answered())

    end(claim_one(), reply)

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.late) == ("failed", True)
    assert Result.objects.get().attempt_id == attempt.pk
    assert again(task).status in {Status.FAILED, Status.PENDING}


def test_a_late_failure_says_nothing_while_somebody_asks_again(task: EligibilityTask) -> None:
    slow = lose(task)
    claim_one("quick:2")

    assert end(slow, FAILED) == 0

    assert Attempt.objects.get().state == "open"
    assert again(task).status == Status.RUNNING


def test_a_late_promise_changes_nothing(task: EligibilityTask) -> None:
    slow = lose(task)

    assert end(slow, Pending("h", 1.0)) == 0

    assert (again(task).look, again(task).handle) == (Look.RECONCILE, "")


def test_the_answer_of_a_row_that_was_failed_for_its_crashes_is_kept_as_late(
    task: EligibilityTask,
) -> None:
    EligibilityTask.objects.update(crashes=2)
    slow = lose(task)
    assert again(task).failure == Failure.INTERNAL

    assert end(slow, answered()) == 0

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.code, attempt.late) == ("failed", "crash", True)
    assert Result.objects.get().attempt_id == attempt.pk
    assert again(task).status == Status.FAILED


def test_writing_the_same_answers_again_after_a_commit_whose_end_was_not_heard_is_harmless(
    task: EligibilityTask,
) -> None:
    claimed = claim_one()
    assert end(claimed, answered()) == 1

    assert end(claimed, answered()) == 0

    assert Result.objects.count() == 1
    assert not Attempt.objects.get().late
    assert history(task) == ["running", "done"]


def test_a_late_answer_of_an_earlier_conversation_leaves_the_present_one_alone(
    task: EligibilityTask,
) -> None:
    slow = lose(task)
    end(claim_one(), NotDelivered())
    make_due(task)
    present = claim_one()

    assert end(slow, answered()) == 0
    assert end(present, answered()) == 1

    first, second = Attempt.objects.order_by("number")
    assert (first.state, first.late) == ("failed", True)
    assert (second.state, second.late) == ("answered", False)
    assert again(task).result_id == second.result.pk
