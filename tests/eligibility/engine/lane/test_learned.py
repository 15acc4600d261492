"""Locked credentials, slowed lanes, the budget of repeats, and whose turn it is: arithmetic."""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.engine.lane import budget, login, pace, throttle
from eligibility.engine.lane.states import apply
from eligibility.engine.lane.turns import Group, share_out
from tests.eligibility.engine.lane.making import NOON, a_lane, a_state, after

# --- login ---------------------------------------------------------------------------------------


def test_two_refused_logins_in_a_row_lock_the_credential() -> None:
    state = a_state()
    apply(state, login.after_refusal(state, after(0), answers=[]))
    assert state.credential_locked_at is None
    apply(state, login.after_refusal(state, after(9), answers=[after(-5)]))
    assert state.credential_locked_at == after(9)
    apply(state, login.after_refusal(state, after(10), answers=[]))
    assert state.credential_locked_at == after(9)
    apply(state, login.unlocked())
    assert (state.login_failures, state.credential_locked_at) == (0, None)


def test_an_answer_between_two_refusals_says_that_the_login_is_good() -> None:
    state = a_state()
    apply(state, login.after_refusal(state, after(0), answers=[]))
    apply(state, login.after_refusal(state, after(9), answers=[after(5)]))

    assert (state.login_failures, state.credential_locked_at) == (1, None)


# --- slowing down --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "until"),
    [(None, 5), (0.0, 5), (-7.0, 5), (math.nan, 5), (90.0, 90), (math.inf, 1000), (1e9, 1000)],
)
def test_the_payer_s_wish_is_honoured_within_reason(wish: float | None, until: float) -> None:
    lane = a_lane(backoff_min=5.0, give_up_after=1000.0)

    changes = throttle.after_throttling(lane, a_state(), NOON, wish=wish)

    assert changes["throttled_until"] == after(until)


def test_a_lane_is_slowed_once_for_all_calls_that_had_left_already() -> None:
    lane, state = a_lane(max_in_flight=16, backoff_min=5.0), a_state()
    for wish in (10.0, 40.0, 20.0):
        apply(state, throttle.after_throttling(lane, state, after(1), wish=wish))

    assert state.throttled_until == after(41)
    assert [pace.slots(lane, state, after(at)) for at in (41, 101)] == [8, 16]


def test_asked_again_and_again_the_lane_crawls_and_never_stops() -> None:
    lane, state = a_lane(max_in_flight=16, backoff_min=5.0), a_state()
    for number in range(9):
        apply(state, throttle.after_throttling(lane, state, after(number * 6), wish=5.0))

    assert pace.slots(lane, state, after(100)) >= 1
    assert state.slowness == throttle.SLOWEST


# --- repeats -------------------------------------------------------------------------------------


def test_a_few_repeats_may_come_at_once_and_the_others_wait_their_turn() -> None:
    free_at: datetime | None = None
    waits = []
    for _ in range(14):
        wait, free_at = budget.repeat_in(free_at, NOON, answers=[])
        waits.append(round(wait, 3))

    assert waits == [0.0] * 10 + [1.0, 2.0, 3.0, 4.0]


def test_repeats_come_at_a_fifth_of_the_pace_of_answers() -> None:
    answers = [after(-number / 50) for number in range(200)]  # fifty a second

    assert budget.repeats_a_second(answers, NOON) == pytest.approx(10.0, rel=0.02)
    assert budget.repeats_a_second([after(-90)] * 200, NOON) == budget.FLOOR


@given(gaps=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=80))
def test_no_span_sees_more_repeats_than_are_paid_for(gaps: list[float]) -> None:
    free_at: datetime | None = None
    now, goes = 0.0, []
    for gap in gaps:
        now += gap
        wait, free_at = budget.repeat_in(free_at, after(now), answers=[])
        goes.append(now + wait)

    for start in goes:
        span = sum(start <= at <= start + 20 for at in goes)
        assert span <= budget.AT_ONCE + 20 * budget.FLOOR + 1


# --- turns ---------------------------------------------------------------------------------------

GROUPS = st.lists(st.builds(Group, st.integers(0, 3), st.integers(0, 5)), unique=True, max_size=12)


@given(groups=GROUPS, slots=st.integers(0, 50), busy=st.integers(0, 9))
def test_every_slot_is_dealt_and_no_group_is_ahead_by_more_than_one(
    groups: list[Group], slots: int, busy: int
) -> None:
    dealt = share_out(groups, {}, slots)

    assert sum(dealt.values()) == (slots if groups else 0)
    by_clinic = Counter({group.clinic: 0 for group in groups})
    for group, count in dealt.items():
        by_clinic[group.clinic] += count
        mates = [dealt.get(other, 0) for other in groups if other.clinic == group.clinic]
        assert max(mates) - min(mates) <= 1
    assert not by_clinic or max(by_clinic.values()) - min(by_clinic.values()) <= 1


def test_a_small_batch_is_served_before_a_large_one_that_has_all_slots() -> None:
    large, small = Group("clinic", 1), Group("clinic", 2)

    assert share_out([large, small], {large: 20}, 3) == {small: 3}
    assert share_out([large, small], {large: 1}, 3) == {small: 2, large: 1}


def test_a_clinic_with_one_batch_gets_as_much_as_one_with_fifty() -> None:
    many = [Group("first", number) for number in range(50)]
    alone = Group("second", 0)

    assert share_out([*many, alone], {}, 20)[alone] == 10
