from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.engine.lane.hours import blackout_at, open_seconds
from tests.eligibility.engine.lane.making import NOON, a_lane, after

NIGHT = {"from": "22:00", "to": "06:00"}
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.builds(
    lambda days, start, end: {"days": days, "from": start, "to": end},
    st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), max_size=3),
    st.sampled_from(["00:00", "02:30", "09:00", "22:00"]),
    st.sampled_from(["01:00", "02:30", "12:00", "24:00"]),
)


def lane(*blackouts: dict[str, Any], zone: str = "UTC") -> Any:
    return a_lane(blackouts=list(blackouts), timezone=zone)


def dark(at: datetime, *blackouts: dict[str, Any], zone: str = "UTC") -> bool:
    return blackout_at(lane(*blackouts, zone=zone), at) is not None


def test_a_span_over_midnight_is_one_night() -> None:
    night = blackout_at(lane(NIGHT), NOON + timedelta(hours=13))

    assert night == (NOON + timedelta(hours=10), NOON + timedelta(hours=18))
    assert not dark(NOON, NIGHT)


def test_its_end_is_open_and_its_beginning_dark() -> None:
    assert dark(NOON + timedelta(hours=10), NIGHT)
    assert not dark(NOON + timedelta(hours=18), NIGHT)


def test_hours_are_those_of_the_lane_s_zone() -> None:
    afternoon = {"from": "16:00", "to": "17:00"}

    assert dark(NOON, afternoon, zone="Asia/Dubai")
    assert not dark(NOON, afternoon)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    sunday = NIGHT | {"days": ["sun"]}

    assert dark(NOON + timedelta(hours=16), sunday)  # Monday, 4:00
    assert not dark(NOON - timedelta(hours=8), sunday)  # Sunday, 4:00: Saturday's night
    assert dark(NOON + timedelta(hours=11), sunday)


def test_spans_that_touch_are_one() -> None:
    span = blackout_at(
        lane({"from": "11:00", "to": "13:00"}, {"from": "13:00", "to": "14:30"}), NOON
    )

    assert span is not None
    assert span.end == NOON + timedelta(hours=2.5)


def test_a_whole_day_may_be_dark() -> None:
    sunday = {"days": ["sun"], "from": "00:00", "to": "24:00"}

    assert dark(NOON, sunday)
    assert not dark(NOON + timedelta(hours=12), sunday)


@pytest.mark.parametrize(
    ("night", "hours"),
    [
        (datetime(2026, 3, 28, 22, tzinfo=UTC), 7.0),  # clocks go forward in Berlin
        (datetime(2026, 10, 24, 21, tzinfo=UTC), 9.0),
        (datetime(2026, 11, 22, 22, tzinfo=UTC), 8.0),
    ],
)
def test_a_night_in_which_clocks_are_changed_has_its_own_length(
    night: datetime, hours: float
) -> None:
    span = blackout_at(lane(NIGHT, zone="Europe/Berlin"), night)

    assert span is not None
    assert span.end - span.start == timedelta(hours=hours)


@given(
    hours=st.lists(HOURS, max_size=3),
    moments=st.tuples(MOMENTS, MOMENTS, MOMENTS),
    zone=st.sampled_from(["UTC", "Asia/Dubai", "Europe/Berlin"]),
)
def test_open_time_adds_up_and_never_exceeds_the_time_that_passed(
    hours: list[dict[str, Any]], moments: tuple[datetime, ...], zone: str
) -> None:
    of = lane(*hours, zone=zone)
    first, middle, last = sorted(moments)

    whole = open_seconds(of, first, last)

    assert 0 <= whole <= (last - first).total_seconds()
    parts = open_seconds(of, first, middle) + open_seconds(of, middle, last)
    assert whole == pytest.approx(parts)
    assert open_seconds(of, last, first) == (0 if first < last else whole)


@given(hours=st.lists(HOURS, min_size=1, max_size=3), at=MOMENTS)
def test_in_a_blackout_no_time_is_open_until_its_end(
    hours: list[dict[str, Any]], at: datetime
) -> None:
    of = lane(*hours)
    span = blackout_at(of, at)

    if span is None:
        assert open_seconds(of, at, at + timedelta(microseconds=1)) > 0
    else:
        assert open_seconds(of, span.start, span.end) == 0


def test_without_blackouts_all_time_is_open() -> None:
    assert open_seconds(lane(), NOON, after(90)) == 90
