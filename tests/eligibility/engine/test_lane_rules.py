"""Lanes as workers meet them: pace, trust, turns, on a database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import BreakerState, Failure, HeldReason, Look, Priority, Status
from eligibility.connectors.base import Failed, Pending
from eligibility.engine import lanes
from eligibility.engine.lane.standing import standings
from eligibility.models import Connection, EligibilityTask, LaneState
from portal.models import AuditEvent, Verb
from tests.eligibility.engine.helpers import (
    again,
    answered,
    at_once,
    claim,
    claim_one,
    end,
    end_pause,
    make_batch,
    make_due,
    make_lane,
    make_row,
    make_rows,
)
from tests.factories import make_clinic

DOWN = Failed(Failure.PAYER_UNAVAILABLE, "http_503", "m")
SLOW = {"breaker_min": 60.0, "breaker_max": 300.0, "backoff_min": 60.0, "backoff_max": 90.0}
db = pytest.mark.usefixtures("db")
transactional = pytest.mark.usefixtures("transactional_db")


def reason(lane: Connection) -> HeldReason | None:
    (standing,) = standings([Connection.objects.get(pk=lane.pk)])
    return standing.held.reason if standing.held else None


def state(lane: Connection) -> LaneState:
    return LaneState.objects.get(pk=lane.pk)


def broken_lane(**fields: Any) -> Connection:
    """A lane whose breaker has just opened, with ten more rows that are due."""
    lane = make_lane(**{**SLOW, "max_in_flight": 5, **fields})
    make_rows(lane, 5)
    end(claim(), DOWN)
    make_rows(lane, 10, run_at=timezone.now() - timedelta(days=1))
    return lane


@db
def test_five_failures_hold_the_lane_and_fail_nothing() -> None:
    lane = broken_lane()

    assert reason(lane) is HeldReason.BREAKER_OPEN
    assert not claim()
    assert not lanes.any_due()
    assert not EligibilityTask.objects.filter(status=Status.FAILED).exists()


@db
def test_the_pause_ends_with_one_row_that_goes_ahead_and_opens_the_lane() -> None:
    lane = broken_lane()
    end_pause(lane.pk)
    assert lanes.any_due()

    probe = claim_one()

    assert probe.is_probe
    assert reason(lane) is HeldReason.PROBING
    assert not claim()
    assert not lanes.any_due()
    end(probe, answered())
    assert reason(lane) is None
    assert len(claim()) == 5


@db
def test_a_row_that_goes_ahead_in_vain_does_not_pay_for_it() -> None:
    lane = broken_lane(max_conversations=1)
    end_pause(lane.pk)
    probe = claim_one()
    end(probe, DOWN)

    row = EligibilityTask.objects.get(pk=probe.task_id)
    assert (row.status, row.failed_conversations) == (Status.PENDING, 0)
    assert (state(lane).breaker, state(lane).pause) == (BreakerState.OPEN, 120.0)


@db
def test_an_answer_that_takes_time_opens_the_lane_as_well() -> None:
    lane = broken_lane()
    end_pause(lane.pk)
    end(claim_one(), Pending("h", 60.0))

    assert reason(lane) is None


@transactional
def test_of_two_workers_one_sends_the_probe() -> None:
    lane = broken_lane()
    end_pause(lane.pk)
    taken: list[int] = []

    at_once(*[lambda name=name: taken.append(len(claim(name))) for name in ("one:1", "two:2")])

    assert sum(taken) == 1
    assert EligibilityTask.objects.filter(status=Status.RUNNING).count() == 1


@transactional
def test_two_workers_together_take_no_more_rows_than_there_are_tokens() -> None:
    lane = make_lane(max_in_flight=50, rate_windows=[{"calls": 35, "seconds": 3600}])
    make_rows(lane, 30)
    taken: list[int] = []

    def work(name: str) -> None:
        taken.extend(len(claim(name, 2)) for _ in range(4))

    at_once(lambda: work("one:1"), lambda: work("two:2"))
    taken.append(len(claim()))

    assert sum(taken) == 7
    assert reason(lane) is HeldReason.RATE


@db
def test_a_day_s_cap_stops_new_conversations_and_lets_open_ones_go_on() -> None:
    lane = make_lane(daily_cap=2)
    make_rows(lane, 5)
    first, second = claim()
    assert not claim()
    end([first, second], Pending("h", 60.0))
    make_due(EligibilityTask.objects.get(pk=first.task_id))
    assert lanes.any_due()

    (look,) = claim()

    assert (look.task_id, look.look) == (first.task_id, Look.POLL)
    assert reason(lane) is HeldReason.DAILY_CAP
    assert not lanes.any_due()


@db
def test_two_refused_logins_lock_the_credential_and_an_admin_is_told() -> None:
    lane = make_lane(max_in_flight=2)
    make_rows(lane, 5)
    refused = Failed(Failure.CREDENTIALS, "http_401", "m")
    end(claim(), refused)

    assert reason(lane) is HeldReason.CREDENTIALS
    assert not claim()
    assert EligibilityTask.objects.filter(status=Status.FAILED).count() == 2
    assert EligibilityTask.objects.filter(status=Status.PENDING).count() == 3
    event = AuditEvent.objects.get()
    assert (event.verb, event.object_id) == (Verb.LOCKED, str(lane.pk))


@db
def test_a_payer_that_asks_us_to_slow_down_is_left_alone_and_then_asked_less() -> None:
    lane = make_lane(max_in_flight=8)
    make_rows(lane, 20)
    first, *others = claim()
    end(first, Failed(Failure.THROTTLED, "http_429", "m", retry_after=20.0))
    assert reason(lane) is HeldReason.THROTTLED
    end(others, answered())
    assert not claim()

    end_pause(lane.pk)

    assert len(claim()) == 4


@db
def test_a_healthy_lane_writes_nothing_about_itself() -> None:
    lane = make_lane()
    make_rows(lane, 3)
    first, *rest = claim()
    end(first, answered())
    before = LaneState.objects.filter(pk=lane.pk).values().get()
    end(rest, answered())

    assert LaneState.objects.filter(pk=lane.pk).values().get() == before


@db
def test_repeats_beyond_the_budget_wait_and_are_not_failed() -> None:
    lane = make_lane(max_in_flight=40, backoff_min=0.01, backoff_max=0.02)
    make_rows(lane, 30)
    end(claim(), Failed(Failure.THROTTLED, "http_429", "m"))

    waits = sorted(
        (row.run_at - timezone.now()).total_seconds()
        for row in EligibilityTask.objects.filter(status=Status.PENDING)
        if row.run_at
    )
    assert len(waits) == 30
    assert waits[9] < 2 < 15 < waits[-1] < 25


@db
def test_time_in_a_held_lane_is_not_counted_against_a_row() -> None:
    lane = make_lane()
    task = make_row(lane)
    end(claim_one(), Failed(Failure.THROTTLED, "http_429", "m"))
    now = timezone.now()
    EligibilityTask.objects.update(
        first_claimed_at=now - timedelta(seconds=1000), created_at=now - timedelta(seconds=1001)
    )
    LaneState.objects.update(
        closed_from=now - timedelta(seconds=900), closed_until=now - timedelta(seconds=100)
    )
    make_due(task)

    assert claim_one().age == pytest.approx(200.0, abs=5)
    assert again(task).held_before == 0.0


@db
def test_a_small_batch_that_comes_later_is_answered_beside_a_large_one() -> None:
    lane = make_lane(max_in_flight=10)
    large, small = make_batch(lane), make_batch(lane)
    make_rows(lane, 200, batch=large)
    ran: list[Any] = []
    end(claim(), answered())
    rows = make_rows(lane, 5, batch=small, run_at=timezone.now() - timedelta(seconds=1))

    ran = claim()

    mine = {row.pk for row in rows}
    assert len([row for row in ran if row.task_id in mine]) == 5
    assert len(ran) == 10


@db
def test_a_clinic_is_not_starved_by_the_batches_of_another() -> None:
    lane = make_lane(max_in_flight=8)
    for _ in range(4):
        make_rows(lane, 20, batch=make_batch(lane))
    other = make_clinic(lane.team)
    rows = make_rows(lane, 10, clinic=other, run_at=timezone.now() - timedelta(seconds=1))

    taken = claim()

    mine = {row.pk for row in rows}
    assert len([row for row in taken if row.task_id in mine]) == 4
    assert len(taken) == 8


@db
def test_of_very_many_batches_all_slots_are_used() -> None:
    lane = make_lane(max_in_flight=40)
    for _ in range(30):
        make_row(lane, batch=make_batch(lane))
    make_rows(lane, 30)

    assert len(claim()) == 40


@db
def test_a_person_s_row_goes_before_all_batches() -> None:
    lane = make_lane(max_in_flight=1)
    make_rows(lane, 5, batch=make_batch(lane))
    urgent = make_row(lane, priority=Priority.HIGH, run_at=timezone.now() - timedelta(seconds=1))

    assert claim_one().task_id == urgent.pk


@db
@pytest.mark.parametrize("fields", [{"is_active": False}, {"paused_at": timezone.now()}])
def test_a_lane_that_people_closed_tells_its_clock_when_rows_wait_for_it(
    fields: dict[str, Any],
) -> None:
    lane = make_lane(**fields)
    make_row(lane)

    assert not lanes.any_due()
    assert not claim()
    assert state(lane).closed_from is not None
    assert state(lane).closed_until is None

    Connection.objects.update(is_active=True, paused_at=None)
    assert lanes.any_due()
    assert claim_one()
    assert state(lane).closed_until is not None
