from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.choices import BreakerState, Failure
from eligibility.engine.lane import breaker
from eligibility.engine.lane.states import apply
from eligibility.models import LaneState
from tests.eligibility.engine.lane.making import a_lane, a_state, after

LANE = a_lane(breaker_min=30.0, breaker_max=600.0)
TASK = uuid4()


def play(state: LaneState, replies: str) -> list[Any]:
    """Hear replies, one a second: `x` is a counted failure, `.` an answer. Returns the answers."""
    answers: list[Any] = []
    for second, reply in enumerate(replies):
        if reply == ".":
            answers.insert(0, after(second))
        else:
            apply(state, breaker.after_failure(
                LANE, state, after(second), failure=Failure.TIMEOUT, answers=answers
            ))  # fmt: skip
    return answers


@pytest.mark.parametrize(
    ("replies", "opens"),
    [
        ("xxxx", False),
        ("xxxxx", True),
        ("xxxx.xxxx", False),
        (".....xxxxx", True),
        ("x.x.x.x.x.x.x.x.x.x.", False),
        ("xx.xx.xx.xx.xx.xx.xx", True),
        ("." * 30 + "xxxx", False),
    ],
)
def test_five_in_a_row_or_most_of_the_last_twenty_open_it(replies: str, opens: bool) -> None:
    state = a_state()
    play(state, replies)

    assert (state.breaker == BreakerState.OPEN) == opens


@given(replies=st.text("x.", max_size=60))
def test_it_is_open_exactly_when_the_rule_was_met_once(replies: str) -> None:
    state = a_state()
    play(state, replies)

    met = any(
        replies[:end].endswith("xxxxx")
        or (end >= 20 and replies[end - 20 : end].count("x") > 10 and replies[end - 1] == "x")
        for end in range(1, len(replies) + 1)
    )
    assert (state.breaker == BreakerState.OPEN) == met


def test_the_pause_doubles_with_each_failed_probe_up_to_its_limit() -> None:
    state = a_state()
    play(state, "xxxxx")
    pauses = [state.pause]
    for _ in range(6):
        changes = breaker.opened_longer(LANE, state, after(0), failure=Failure.TIMEOUT)
        apply(state, changes)
        pauses.append(state.pause)

    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert state.open_until == after(600)


def test_one_probe_goes_when_the_pause_is_over_and_another_when_it_got_lost() -> None:
    state = a_state(breaker="open", pause=30.0, open_until=after(30))

    assert not breaker.wants_probe(state, after(29))
    assert breaker.wants_probe(state, after(30))
    apply(state, breaker.probe_sent(state, after(30), task_id=TASK, lease=70.0))
    assert not breaker.wants_probe(state, after(99))
    assert breaker.wants_probe(state, after(100))
    assert breaker.is_probe(state, TASK)
    assert not breaker.is_probe(state, uuid4())


def test_a_closed_breaker_forgets_what_was_before() -> None:
    state = a_state()
    answers = play(state, "." * 9 + "x" * 5)
    apply(state, breaker.closed(after(14)))
    for second in range(15, 19):
        apply(state, breaker.after_failure(
            LANE, state, after(second), failure=Failure.TIMEOUT, answers=answers
        ))  # fmt: skip

    assert (state.breaker, state.pause, len(state.failures)) == (BreakerState.CLOSED, 0.0, 4)
    assert not breaker.wants_probe(state, after(1000))


def test_failures_of_calls_from_before_it_opened_change_nothing() -> None:
    state = a_state(breaker="open", pause=30.0, open_until=after(30))

    assert breaker.after_failure(LANE, state, after(1), failure=Failure.TIMEOUT, answers=[]) == {}


def test_a_probe_that_never_left_lets_the_next_row_go_at_once() -> None:
    state = a_state(breaker="half_open", pause=60.0, open_until=after(70), probe_task_id=TASK)
    apply(state, breaker.probe_unheard(after(1)))

    assert breaker.wants_probe(state, after(1))
    assert state.pause == 60.0
