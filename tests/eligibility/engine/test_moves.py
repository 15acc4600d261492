from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.choices import FAILURE_RULES, Failure, Look, Outcome, Review, Status
from eligibility.connectors.base import Failed, NotDelivered, Pending, Reply
from eligibility.engine.moves import Limits, Move, backoff, decide
from tests.eligibility.engine.helpers import answered

LIMITS = Limits(max_conversations=5, give_up_after=100.0, backoff_min=1.0, backoff_max=10.0)
LOOKS = list(Look)
RETRIED = {
    Failure.THROTTLED,
    Failure.PAYER_UNAVAILABLE,
    Failure.TIMEOUT,
    Failure.BAD_RESPONSE,
}
NOT_RETRIED = sorted(set(Failure) - RETRIED)


def failed(failure: Failure, **fields: Any) -> Failed:
    return Failed(failure, "code", "in words", **fields)


def move(reply: Reply, **given_: Any) -> Move:
    values: dict[str, Any] = {
        "look": Look.NONE, "failed": 0, "age": 0.0, "limits": LIMITS, "jitter": 0.5
    }  # fmt: skip
    return decide(reply, **{**values, **given_})


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_answer_ends_the_row_whatever_the_call_was(outcome: Outcome, look: Look) -> None:
    plain = outcome in {Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE}

    assert move(answered(outcome), look=look, failed=9, age=1e9) == Move(
        Status.DONE,
        outcome=outcome.value,
        review=Review.NONE if plain else Review.NEEDS_ATTENTION,
    )


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("failure", NOT_RETRIED)
def test_a_failure_that_no_repeat_can_heal_ends_the_row_at_once(
    failure: Failure, look: Look
) -> None:
    made = move(failed(failure), look=look)

    assert (made.status, made.failure, made.closes) == (Status.FAILED, failure, failure)
    assert made.review is Review.NEEDS_ATTENTION
    assert made.message == "in words"
    assert made.after is None
    assert made.counted


@pytest.mark.parametrize("failure", [Failure.THROTTLED, Failure.PAYER_UNAVAILABLE])
def test_a_passing_failure_of_a_new_call_puts_the_row_back_in_line(failure: Failure) -> None:
    made = move(failed(failure))

    assert (made.status, made.look, made.closes) == (Status.PENDING, Look.NONE, failure)
    assert made.after == pytest.approx(1.0)
    assert made.counted


def test_after_a_timeout_we_first_ask_what_became_of_the_call() -> None:
    made = move(failed(Failure.TIMEOUT))

    assert (made.status, made.look) == (Status.WAITING, Look.RECONCILE)
    assert made.closes == ""
    assert made.counted


@pytest.mark.parametrize("look", [Look.POLL, Look.RECONCILE])
@pytest.mark.parametrize("failure", sorted(RETRIED))
def test_a_look_that_failed_is_repeated_and_the_conversation_stays_open(
    failure: Failure, look: Look
) -> None:
    made = move(failed(failure), look=look)

    assert (made.status, made.look, made.closes) == (Status.WAITING, look, "")
    assert made.counted


def test_an_unreadable_answer_gets_one_more_chance_only() -> None:
    assert move(failed(Failure.BAD_RESPONSE)).status is Status.PENDING
    assert move(failed(Failure.BAD_RESPONSE), failed=1).status is Status.FAILED


def test_a_connection_that_allows_one_conversation_gives_even_that_chance_up() -> None:
    one = Limits(1, 100.0, 1.0, 10.0)

    assert move(failed(Failure.BAD_RESPONSE), limits=one).status is Status.FAILED


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("failure", sorted(RETRIED - {Failure.BAD_RESPONSE}))
def test_the_last_allowed_conversation_ends_the_row_with_its_failure(
    failure: Failure, look: Look
) -> None:
    before, last = (move(failed(failure), look=look, failed=count) for count in (3, 4))

    assert before.status in {Status.PENDING, Status.WAITING}
    assert (last.status, last.failure) == (Status.FAILED, failure)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("failure", sorted(RETRIED))
def test_a_row_that_was_tried_for_too_long_is_given_up(failure: Failure, look: Look) -> None:
    assert move(failed(failure), look=look, age=99.9).status is not Status.FAILED
    assert move(failed(failure), look=look, age=100.0).status is Status.FAILED


def test_every_failure_class_is_in_one_of_these_tests() -> None:
    assert {failure for failure, rule in FAILURE_RULES.items() if rule.retried} == RETRIED
    assert set(FAILURE_RULES) == set(Failure)


@pytest.mark.parametrize(("age", "counted"), [(0.0, 0), (99.0, 4)])
def test_a_call_that_never_arrived_is_repeated_at_once(age: float, counted: int) -> None:
    made = move(NotDelivered(), look=Look.RECONCILE, age=age, failed=counted)

    assert (made.status, made.after, made.closes) == (Status.PENDING, 0.0, Failure.TIMEOUT)
    assert not made.counted


@pytest.mark.parametrize(("age", "counted"), [(0.0, 5), (100.0, 0)])
def test_a_call_that_never_arrived_is_not_repeated_beyond_the_limits(
    age: float, counted: int
) -> None:
    made = move(NotDelivered(), look=Look.RECONCILE, age=age, failed=counted)

    assert (made.status, made.failure) == (Status.FAILED, Failure.TIMEOUT)


@pytest.mark.parametrize("look", LOOKS)
def test_a_promise_is_kept_with_its_handle_and_what_is_known_so_far(look: Look) -> None:
    made = move(Pending("h-1", 3.0, {"stage": "asked"}), look=look, failed=9)

    assert (made.status, made.look, made.handle) == (Status.WAITING, Look.POLL, "h-1")
    assert (made.after, made.interim) == (3.0, {"stage": "asked"})
    assert not made.counted
    assert made.closes == ""


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [(-5.0, 0.2), (0.0, 0.2), (math.nan, 0.2), (7.0, 7.0), (math.inf, 100.0)],
)
def test_a_payer_s_wish_for_the_next_look_is_kept_within_reason(
    wish: float, seconds: float
) -> None:
    assert move(Pending("h", wish)).after == seconds


def test_a_payer_that_says_later_for_too_long_is_given_up() -> None:
    made = move(Pending("h", 1.0), look=Look.POLL, age=100.0)

    assert (made.status, made.failure, made.closes) == (
        Status.FAILED, Failure.TIMEOUT, Failure.TIMEOUT
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [(None, 1.0), (0.0, 1.0), (-3.0, 1.0), (math.nan, 1.0), (30.0, 30.0), (1e6, 100.0)],
)
def test_a_payer_s_retry_after_is_honoured_up_to_the_connection_s_patience(
    wish: float | None, seconds: float
) -> None:
    made = move(failed(Failure.THROTTLED, retry_after=wish))

    assert made.after == pytest.approx(seconds)


def test_a_call_whose_fate_is_unknown_is_asked_about_before_it_is_repeated() -> None:
    made = move(failed(Failure.PAYER_UNAVAILABLE, fate_unknown=True))

    assert (made.status, made.look, made.closes) == (Status.WAITING, Look.RECONCILE, "")
    assert move(failed(Failure.CREDENTIALS, fate_unknown=True)).status is Status.FAILED


@given(count=st.integers(1, 10_000), jitter=st.floats(0, 1))
def test_the_pause_doubles_up_to_its_limit_and_spreads_by_a_fifth(
    count: int, jitter: float
) -> None:
    middle = min(1.0 * 2.0 ** min(count - 1, 30), 10.0)

    assert 0.8 * middle <= backoff(LIMITS, count, jitter) <= 1.2 * middle * (1 + 1e-9)


def test_the_pause_grows_with_every_failed_conversation() -> None:
    pauses = [move(failed(Failure.THROTTLED), failed=count).after for count in range(4)]

    assert pauses == [pytest.approx(seconds) for seconds in (1.0, 2.0, 4.0, 8.0)]


def test_the_jitter_reaches_both_ends() -> None:
    assert backoff(LIMITS, 1, 0.0) == pytest.approx(0.8)
    assert backoff(LIMITS, 1, 1.0) == pytest.approx(1.2)
