from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.engine.lane import patience
from eligibility.engine.lane.held import held
from eligibility.engine.lane.states import apply
from tests.eligibility.engine.lane.making import NOON, a_lane, a_state, after

STEPS = st.lists(
    st.tuples(
        st.integers(1, 7200),
        st.one_of(
            st.none(),
            st.just("pause"),
            st.just("resume"),
            st.integers(1, 7200),
        ),
    ),
    max_size=12,
)


@given(
    steps=STEPS,
    hours=st.sampled_from(
        [[], [{"from": "13:00", "to": "14:00"}, {"from": "22:00", "to": "02:00"}]]
    ),
    first=st.integers(0, 11),
)
def test_a_row_ages_exactly_while_its_lane_is_open(
    steps: list[tuple[int, Any]], hours: list[Any], first: int
) -> None:
    """Against a brute force that looks at the lane once a minute."""
    lane, state, now = a_lane(blackouts=hours, timezone="UTC"), a_state(), 0
    since, held_then, open_minutes = 0, 0.0, 0
    for number, (pause, step) in enumerate(steps):
        if number == first:
            since, open_minutes = now, 0
            held_then = patience.held_seconds(lane, state, after(now * 60))
        for minute in range(now, now + pause // 60):
            open_minutes += held(lane, state, after(minute * 60)) is None
        now += pause // 60
        at = after(now * 60)
        if step == "pause":
            lane.paused_at = lane.paused_at or at
        elif step == "resume":
            lane.paused_at = None
        elif step is not None:
            until = at + timedelta(minutes=step // 60)
            state.throttled_until = max(until, state.throttled_until or until)
        apply(state, patience.follow(lane, state, at))
    at = after(now * 60)

    tried = patience.tried_for(lane, state, at, since=after(since * 60), held_then=held_then)

    assert tried == pytest.approx(open_minutes * 60, abs=1)
    assert 0 <= tried <= (now - since) * 60


@given(moments=st.lists(st.integers(0, 10_000), min_size=2, max_size=6))
def test_the_clock_of_held_time_never_goes_back_nor_faster_than_time(moments: list[int]) -> None:
    lane = a_lane()
    state = a_state(closed_seconds=7.0, closed_from=after(3000), closed_until=after(5000))
    shown = [(at, patience.held_seconds(lane, state, after(at))) for at in sorted(moments)]

    for (earlier, before), (later, then) in pairwise(shown):
        assert 0 <= then - before <= later - earlier


def test_a_closing_is_told_once() -> None:
    lane, state = a_lane(paused_at=NOON), a_state()
    apply(state, patience.follow(lane, state, NOON))

    assert (state.closed_from, state.closed_until) == (NOON, None)
    assert patience.follow(lane, state, after(60)) == {}
    lane.paused_at = None
    apply(state, patience.follow(lane, state, after(60)))
    assert patience.held_seconds(lane, state, after(999)) == 60
    assert patience.follow(lane, state, after(999)) == {}
