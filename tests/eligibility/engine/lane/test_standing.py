from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from eligibility.choices import BreakerState, HeldReason
from eligibility.engine.lane import states
from eligibility.engine.lane.standing import standings
from eligibility.models import Connection, LaneState
from tests.eligibility.engine.helpers import claim, make_lane, make_rows

pytestmark = pytest.mark.usefixtures("db")
Counted = Callable[[int], Any]


def test_lanes_stand_as_their_states_and_rows_say() -> None:
    busy, fresh, paused = make_lane(), make_lane(code="TPA004"), make_lane(code="TPA005")
    make_rows(busy, 2)
    claim()
    Connection.objects.filter(pk=paused.pk).update(paused_at=timezone.now())

    found = standings([Connection.objects.get(pk=each.pk) for each in (busy, fresh, paused)])

    assert [each.in_flight for each in found] == [2, 0, 0]
    assert [each.held.reason if each.held else None for each in found] == [
        None, None, HeldReason.PAUSED
    ]  # fmt: skip
    assert abs((found[0].now - timezone.now()).total_seconds()) < 60
    assert standings([]) == []


def test_many_lanes_cost_as_many_queries_as_one(
    django_assert_num_queries: Counted,
) -> None:
    lanes = [make_lane(code=f"TPA00{number}") for number in range(5)]

    with django_assert_num_queries(2):
        standings(lanes[:1])
    with django_assert_num_queries(2):
        standings(lanes)


def test_a_state_is_made_once_and_holds_what_was_written() -> None:
    lane = make_lane()

    with transaction.atomic():
        state = states.lock([lane.pk])[lane.pk]
        states.change(state, {"tokens": {"1/1": 0.5}, "breaker": "open", "pause": 30.0,
                              "open_until": timezone.now() + timedelta(seconds=30)})  # fmt: skip
    states.ensure([lane.pk])

    stored = LaneState.objects.get()
    assert (stored.tokens, stored.breaker) == ({"1/1": 0.5}, BreakerState.OPEN)
    assert (stored.failures, stored.slowness, stored.last_probe_ok) == ([], 1.0, None)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("lane_breaker_is_known", {"breaker": "ajar", "pause": 1.0, "open_until": timezone.now()}),
        ("lane_pause_only_when_not_closed", {"breaker": "open"}),
        ("lane_pause_only_when_not_closed", {"pause": 30.0}),
        ("lane_pause_only_when_not_closed", {"open_until": timezone.now()}),
        ("lane_numbers_make_sense", {"slowness": 0.0}),
        ("lane_numbers_make_sense", {"slowness": 1.5}),
        ("lane_closure_has_a_beginning", {"closed_until": timezone.now()}),
    ],
)
def test_an_impossible_state_is_refused(name: str, fields: dict[str, Any]) -> None:
    state = LaneState.objects.create(connection=make_lane())

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        LaneState.objects.filter(pk=state.pk).update(**fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("connection_lane_limits_are_positive", {"daily_cap": 0}),
        ("connection_lane_limits_are_positive", {"breaker_min": 0.0}),
        ("connection_lane_limits_are_positive", {"breaker_max": 0.001}),
        ("connection_pause_has_its_time", {"paused_by": "somebody"}),
        ("connection_pause_has_its_time", {"pause_reason": "why"}),
    ],
)
def test_an_impossible_limit_is_refused(name: str, fields: dict[str, Any]) -> None:
    lane = make_lane()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Connection.objects.filter(pk=lane.pk).update(**fields)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate_windows", {"calls": 1}),
        ("rate_windows", [{"calls": 0, "seconds": 1}]),
        ("rate_windows", [{"calls": True, "seconds": 1}]),
        ("rate_windows", [{"calls": 1, "seconds": 0}]),
        ("rate_windows", [{"calls": 1, "seconds": float("nan")}]),
        ("rate_windows", [{"calls": 1, "seconds": 9}, {"calls": 2, "seconds": 9}]),
        ("rate_windows", [{"calls": n, "seconds": n} for n in range(1, 7)]),
        ("blackouts", [{"from": "22:00"}]),
        ("blackouts", [{"from": "24:00", "to": "06:00"}]),
        ("blackouts", [{"from": "7:00", "to": "25:00"}]),
        ("blackouts", [{"from": "07:00", "to": "08:00", "days": ["someday"]}]),
        ("blackouts", [{"from": "07:00", "to": "08:00", "zone": "UTC"}]),
        ("timezone", "Mars/Base"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(name: str, value: Any) -> None:
    lane = make_lane()
    setattr(lane, name, value)

    with pytest.raises(ValidationError) as refused:
        lane.full_clean()

    assert set(refused.value.message_dict) == {name}
