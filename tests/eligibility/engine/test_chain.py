"""A row that is asked again keeps the best answer to its question, whatever comes later."""

from __future__ import annotations

import pytest

from eligibility import payer_file
from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.connectors.base import Failed
from eligibility.models import EligibilityTask, Result
from eligibility.operations import fix_task, retry_tasks
from eligibility.operations.setup import sync_payers
from tests.eligibility.engine.helpers import (
    again,
    answered,
    cancel,
    claim_one,
    end,
    make_lane,
    make_row,
)

pytestmark = pytest.mark.usefixtures("db")

UNSURE = Outcome.UNDETERMINED
ACTOR = "a" * 24


def asked(*outcomes: Outcome | Failure) -> EligibilityTask:
    """A row that was asked once for each of these, re-run in between."""
    row = make_row(make_lane(), visit_type="OUTPATIENT")
    for place, outcome in enumerate(outcomes):
        if place:
            ask_again(row)
        say(outcome)
    return again(row)


def ask_again(row: EligibilityTask) -> None:
    moved = retry_tasks(tasks=EligibilityTask.objects.filter(pk=row.pk), actor=ACTOR)
    assert moved.moved == 1


def say(outcome: Outcome | Failure) -> None:
    if isinstance(outcome, Outcome):
        end(claim_one(), answered(outcome))
    else:
        end(claim_one(), Failed(outcome, "code", "No answer."))


def shown(row: EligibilityTask) -> str:
    assert row.result is not None
    return row.result.outcome


@pytest.mark.parametrize("later", [UNSURE, Outcome.MEMBER_NOT_FOUND, Outcome.AMBIGUOUS_MEMBER])
@pytest.mark.parametrize("first", [Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE])
def test_a_payer_that_cannot_say_now_takes_nothing_back(first: Outcome, later: Outcome) -> None:
    row = asked(first, later)
    assert (row.status, row.outcome, row.review) == (Status.DONE, first, Review.NONE)
    assert shown(row) == first
    assert row.results.count() == 2, "both are kept"
    note = row.events.order_by("pk").values_list("note", flat=True).last()
    assert note == f"{later.value}, earlier answer stands: {first.value}"


@pytest.mark.parametrize(
    ("outcomes", "counts"),
    [
        ((UNSURE, Outcome.ELIGIBLE), 1),
        ((UNSURE, Outcome.NOT_ELIGIBLE), 1),
        ((Outcome.ELIGIBLE, Outcome.ELIGIBLE), 1),
        ((Outcome.MEMBER_NOT_FOUND, UNSURE), 1),
        ((Outcome.ELIGIBLE, UNSURE, Outcome.ELIGIBLE), 2),
        ((Outcome.NOT_ELIGIBLE, UNSURE, UNSURE), 0),
    ],
)
def test_a_better_answer_and_a_newer_one_as_good_count(
    outcomes: tuple[Outcome, ...], counts: int
) -> None:
    row = asked(*outcomes)
    results = list(row.results.order_by("created_at", "pk"))
    assert row.result == results[counts]
    assert row.outcome == outcomes[counts]


@pytest.mark.parametrize(
    ("outcomes", "review"),
    [
        ((Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE), Review.NEEDS_ATTENTION),
        ((Outcome.NOT_ELIGIBLE, Outcome.ELIGIBLE), Review.NONE),
    ],
)
def test_of_a_yes_and_a_no_the_yes_counts_and_a_later_no_is_somebodys_to_look_at(
    outcomes: tuple[Outcome, ...], review: Review
) -> None:
    row = asked(*outcomes)
    assert (row.outcome, shown(row)) == (Outcome.ELIGIBLE, Outcome.ELIGIBLE)
    assert row.review == review


def test_a_re_run_that_fails_leaves_the_answer_standing() -> None:
    row = asked(Outcome.ELIGIBLE, Failure.INTERNAL)
    assert (row.status, row.failure, row.outcome) == (Status.FAILED, Failure.INTERNAL, "")
    assert shown(row) == Outcome.ELIGIBLE
    ask_again(row)
    say(UNSURE)
    assert again(row).outcome == Outcome.ELIGIBLE, "a failure in between forgets nothing"


def test_an_answer_to_another_question_prevails_over_none() -> None:
    sync_payers(payers=payer_file.shipped().payers)
    row = asked(Outcome.ELIGIBLE)
    fixed = fix_task(task=row, changes={"id_value": "CARD-OTHER"}, version=row.version, actor=ACTOR)
    assert fixed.changed, fixed.errors
    say(UNSURE)
    row = again(row)
    assert (row.outcome, shown(row), row.review) == (UNSURE, UNSURE, Review.NEEDS_ATTENTION)
    assert (row.question_number, row.result_question) == (1, 1)


def test_a_correction_of_the_name_is_still_the_same_question() -> None:
    sync_payers(payers=payer_file.shipped().payers)
    row = asked(Outcome.ELIGIBLE)
    fixed = fix_task(task=row, changes={"name": "Other"}, version=row.version, actor=ACTOR)
    assert fixed.changed, fixed.errors
    say(UNSURE)
    assert again(row).outcome == Outcome.ELIGIBLE


def test_a_late_answer_is_kept_and_touches_nothing() -> None:
    row = make_row(make_lane())
    held = claim_one()
    cancel(row)
    end(held, answered())
    ask_again(row)
    say(UNSURE)
    row = again(row)
    assert (row.outcome, shown(row)) == (UNSURE, UNSURE)
    assert Result.objects.get(attempt__late=True).outcome == Outcome.ELIGIBLE
