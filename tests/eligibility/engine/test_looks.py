"""When a conversation of minutes is looked at: late, then closer, then backing off."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from eligibility.choices import Failure, Status
from eligibility.connectors.base import Pending
from eligibility.engine import looks
from eligibility.engine.looks import LATEST, SOONEST, Habits, next_look
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    answered,
    claim,
    claim_one,
    drain_once,
    end,
    make_due,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

HOUR = 3600.0
seconds = st.floats(0, 10 * HOUR)


def schedule(usual: float | None, *, until: float, promised: float = 1.0) -> list[float]:
    """The moments of all looks at a conversation that never ends, in seconds from its start."""
    at, moments = 0.0, []
    while at < until:
        at += next_look(asked=at, promised=promised, usual=usual, left=until - at)
        moments.append(round(at, 3))
    return moments


def test_the_first_look_is_late_the_next_ones_are_close_and_then_they_back_off() -> None:
    moments = schedule(100.0, until=600.0)

    assert moments[:13] == [80.0, *(90.0 + 10 * step for step in range(12))]
    pauses = [later - earlier for earlier, later in pairwise(moments[12:])]
    assert pauses[0] == pytest.approx(20.0)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert moments[-1] == 600.0
    assert len(moments) < 24


def test_without_a_habit_the_pauses_grow_with_the_wait() -> None:
    moments = schedule(None, until=HOUR, promised=5.0)

    assert moments[:4] == [5.0, 10.0, 15.0, 20.0]
    assert len(moments) < 40
    assert moments[-1] == HOUR


@given(asked=seconds, promised=seconds, usual=st.none() | st.floats(0.001, 10 * HOUR), left=seconds)
def test_a_payer_s_wish_is_never_undercut_but_by_the_last_look(
    asked: float, promised: float, usual: float | None, left: float
) -> None:
    after = next_look(asked=asked, promised=promised, usual=usual, left=left)

    assert SOONEST <= after <= LATEST
    assert after >= min(promised, left) or after == LATEST
    assert after <= max(left, SOONEST) or left == 0


@pytest.mark.parametrize("promised", [math.nan, -1e9, 0.0, -math.inf])
def test_a_wish_of_no_time_at_all_is_taken_for_soon(promised: float) -> None:
    assert next_look(asked=0.0, promised=promised, usual=None, left=60.0) == SOONEST


def test_a_wish_without_end_is_cut_to_a_day() -> None:
    assert next_look(asked=0.0, promised=math.inf, usual=None, left=math.inf) == LATEST


# --- the lane's habit ----------------------------------------------------------------------------


def took(rows: list[EligibilityTask], *, looks_: int, milliseconds: int) -> None:
    end(claim(), answered())
    Attempt.objects.filter(task__in=rows).update(looks=looks_, milliseconds=milliseconds)


@pytest.mark.usefixtures("db", "breaks_promises")
def test_a_lane_s_habit_is_the_middle_of_its_last_answers_that_were_waited_for() -> None:
    lane = make_lane(max_in_flight=100)
    took(make_rows(lane, 40), looks_=1, milliseconds=10)
    assert Habits().usual(lane.pk) is None

    took(make_rows(lane, 12), looks_=3, milliseconds=90_000)

    assert Habits().usual(lane.pk) == 90.0
    assert Habits().usual(make_lane(code="P2").pk) is None


@pytest.mark.usefixtures("db")
def test_a_habit_is_learned_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def last_waits(lane_id: int) -> list[float]:
        asked.append(lane_id)
        return [5.0] * 10

    monkeypatch.setattr(looks, "_last_waits", last_waits)
    habits = Habits()

    assert [habits.usual(1), habits.usual(1), habits.usual(2)] == [5.0, 5.0, 5.0]
    assert asked == [1, 2]


# --- in line, and in time ------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
def test_a_row_that_waits_holds_no_slot_and_no_worker(payer: WatchedPayer) -> None:
    lane = make_lane(max_in_flight=1)
    waiting = make_row(lane, "later=600")
    others = make_rows(lane, 3, "outcome=eligible")

    drain_once(payer)

    row = again(waiting)
    assert (row.status, row.lease_until, row.worker) == (Status.WAITING, None, "")
    assert row.run_at is not None
    assert row.run_at > timezone.now() + timedelta(seconds=5)
    assert {again(other).status for other in others} == {Status.DONE}


@pytest.mark.usefixtures("db")
def test_an_answer_that_was_promised_in_vain_is_a_timeout_after_one_last_look() -> None:
    lane = make_lane(answer_within=100.0, give_up_after=HOUR)
    task = make_row(lane)
    end(claim_one(), Pending("h", 1.0))
    EligibilityTask.objects.update(asked_at=timezone.now() - timedelta(seconds=95))
    make_due(task)

    end(claim_one(), Pending("h", 60.0))
    due = again(task).run_at
    assert due is not None
    assert due < timezone.now() + timedelta(seconds=6), "the last look is in time, not later"

    EligibilityTask.objects.update(asked_at=timezone.now() - timedelta(seconds=101))
    make_due(task)
    end(claim_one(), Pending("h", 60.0))

    row = again(task)
    assert (row.status, row.failure) == (Status.FAILED, Failure.TIMEOUT)
    assert "took the question" in row.failure_message
    assert Attempt.objects.get().looks == 3


@pytest.mark.usefixtures("db")
def test_an_answer_at_the_last_look_counts() -> None:
    lane = make_lane(answer_within=100.0)
    task = make_row(lane)
    end(claim_one(), Pending("h", 1.0))
    EligibilityTask.objects.update(asked_at=timezone.now() - timedelta(seconds=200))
    make_due(task)

    end(claim_one(), answered())

    assert again(task).status == Status.DONE
