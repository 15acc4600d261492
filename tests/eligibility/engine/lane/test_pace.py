from __future__ import annotations

import math
from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.engine.lane import pace
from eligibility.engine.lane.states import apply
from eligibility.models import Connection, LaneState
from tests.eligibility.engine.lane.making import NOON, a_lane, a_state, after


def take(lane: Connection, state: LaneState, at: float) -> int:
    """Make as many calls as the lane allows at that second; returns how many."""
    calls = int(min(pace.calls_left(lane, state, after(at)), 10_000))
    apply(state, pace.spent(lane, state, after(at), calls=calls, conversations=calls))
    return calls


def test_a_lane_without_windows_and_cap_counts_nothing() -> None:
    lane, state = a_lane(), a_state()

    assert pace.calls_left(lane, state, NOON) == math.inf
    assert pace.conversations_left(lane, state, NOON) == math.inf
    assert pace.spent(lane, state, NOON, calls=9, conversations=9) == {}


@given(
    calls=st.integers(1, 50),
    seconds=st.integers(1, 60),
    pauses=st.lists(st.floats(0.01, 30.0), min_size=1, max_size=60),
)
def test_no_span_of_a_window_s_length_sees_more_calls_than_the_window_allows(
    calls: int, seconds: int, pauses: list[float]
) -> None:
    lane, state = a_lane(rate_windows=[{"calls": calls, "seconds": seconds}]), a_state()
    times = list(accumulate(pauses))
    taken = [(at, take(lane, state, at)) for at in times]

    for start in times:
        span = (count for at, count in taken if start <= at < start + seconds * 0.999)
        assert sum(span) <= calls


@pytest.mark.parametrize(("calls", "seconds"), [(1, 10), (5, 1), (60, 60), (1000, 3600)])
def test_a_busy_lane_comes_near_to_what_its_window_allows(calls: int, seconds: int) -> None:
    lane, state = a_lane(rate_windows=[{"calls": calls, "seconds": seconds}]), a_state()
    step = seconds / calls / 4

    taken = sum(take(lane, state, number * step) for number in range(calls * 4 * 5))

    assert 0.78 * 5 * calls <= taken <= 5 * calls + calls


def test_the_narrowest_of_several_windows_decides() -> None:
    windows = [{"calls": 10, "seconds": 1}, {"calls": 15, "seconds": 3600}]
    lane, state = a_lane(rate_windows=windows), a_state()

    assert [take(lane, state, at) for at in (0.0, 1.0, 2.0)] == [2, 1, 0]
    assert pace.next_call_at(lane, state, after(2)) > after(100)


def test_a_window_that_was_changed_begins_afresh() -> None:
    state = a_state(tokens={"10/60": 0.0}, counted_at=NOON)

    assert pace.calls_left(a_lane(rate_windows=[{"calls": 10, "seconds": 60}]), state, NOON) == 0
    assert pace.calls_left(a_lane(rate_windows=[{"calls": 20, "seconds": 60}]), state, NOON) == 4


def test_a_clock_that_is_set_back_gives_no_tokens() -> None:
    lane = a_lane(rate_windows=[{"calls": 10, "seconds": 60}])
    state = a_state(tokens={"10/60": 1.5}, counted_at=NOON)

    assert pace.calls_left(lane, state, after(-1000)) == 1


@given(left=st.floats(0.0, 0.999))
def test_at_the_moment_of_the_next_call_there_is_one(left: float) -> None:
    lane = a_lane(rate_windows=[{"calls": 7, "seconds": 90}])
    state = a_state(tokens={"7/90": left}, counted_at=NOON)

    at = pace.next_call_at(lane, state, NOON)

    assert pace.calls_left(lane, state, at + timedelta(microseconds=1)) >= 1
    assert pace.calls_left(lane, state, at - timedelta(seconds=0.1)) < 1


def test_a_lane_that_was_slowed_down_doubles_its_pace_every_minute() -> None:
    lane = a_lane(max_in_flight=16)
    state = a_state(slowness=0.25, throttled_until=NOON)

    assert [pace.slots(lane, state, after(60 * minute)) for minute in range(4)] == [4, 8, 16, 16]
    assert pace.slots(a_lane(max_in_flight=2), state, NOON) == 1


def test_tokens_come_slower_while_the_lane_is_slowed_down() -> None:
    lane = a_lane(rate_windows=[{"calls": 100, "seconds": 100}])
    spent = {"tokens": {"100/100": 0.0}, "counted_at": NOON, "throttled_until": NOON}

    usual = pace.calls_left(lane, a_state(**spent), after(10))
    slowed = pace.calls_left(lane, a_state(**spent, slowness=0.25), after(10))

    assert 0 < slowed < usual / 2


def test_the_cap_counts_the_conversations_of_the_day_in_the_lane_s_zone() -> None:
    lane, state = a_lane(daily_cap=5, timezone="Asia/Dubai"), a_state()
    apply(state, pace.spent(lane, state, NOON, calls=9, conversations=4))
    evening = after(8 * 3600)  # midnight in Dubai

    assert pace.conversations_left(lane, state, NOON) == 1
    assert pace.conversations_left(lane, state, evening - timedelta(seconds=1)) == 1
    assert pace.conversations_left(lane, state, evening) == 5
    assert pace.tomorrow(lane, NOON) == evening


def test_a_cap_that_was_lowered_below_what_is_spent_leaves_nothing() -> None:
    state = a_state(day=NOON.date(), conversations_today=9)

    assert pace.conversations_left(a_lane(daily_cap=3), state, NOON) == 0
