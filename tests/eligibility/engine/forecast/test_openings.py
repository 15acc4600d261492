"""When a lane will have worked off its rows, by arithmetic alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from eligibility.engine.forecast.openings import LONGEST, Terms, Window, worked_off
from eligibility.engine.lane.measured import Pace

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ONE_A_SECOND = Pace(1.0)
HOUR = timedelta(hours=1)
Span = tuple[datetime, datetime]


def every_night(start: datetime, end: datetime) -> Sequence[Span]:
    """Two hours around each midnight of UTC."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    nights = [midnight + timedelta(days=number) for number in range(-1, 5)]
    spans = [(night - HOUR, night + HOUR) for night in nights]
    return [span for span in spans if span[1] > start and span[0] < end]


def hours(terms: Terms, rows: float, now: datetime = NOON) -> float:
    finish = worked_off(rows, terms, now=now)
    assert finish is not None
    return (finish - now) / HOUR


def test_no_rows_are_worked_off_now() -> None:
    assert worked_off(0, Terms(ONE_A_SECOND), now=NOON) == NOON


def test_an_open_lane_goes_at_its_pace() -> None:
    assert hours(Terms(ONE_A_SECOND), 7200) == pytest.approx(2)
    assert hours(Terms(Pace(0.001)), 7200) == pytest.approx(2000)


def test_a_lane_that_nobody_knows_when_will_open_has_no_finish() -> None:
    assert worked_off(1, Terms(ONE_A_SECOND, closed="The lane is paused"), now=NOON) is None


def test_more_than_a_year_is_no_forecast() -> None:
    assert worked_off(LONGEST.total_seconds() + 60, Terms(ONE_A_SECOND), now=NOON) is None


def test_a_held_lane_begins_when_it_opens() -> None:
    assert hours(Terms(ONE_A_SECOND, opens_at=NOON + 3 * HOUR), 3600) == pytest.approx(4)
    assert hours(Terms(ONE_A_SECOND, opens_at=NOON - 3 * HOUR), 3600) == pytest.approx(1)


def test_the_narrowest_rate_window_decides_after_what_it_has_saved() -> None:
    windows = (Window(10.0), Window(0.5, saved=1800))
    assert hours(Terms(ONE_A_SECOND, windows=windows), 1800) == pytest.approx(0.5)
    assert hours(Terms(ONE_A_SECOND, windows=windows), 5400) == pytest.approx(2)


def test_every_look_at_a_conversation_is_a_call_of_the_window() -> None:
    windows = (Window(1.0),)
    assert hours(Terms(Pace(1.0, calls=3.0), windows=windows), 3600) == pytest.approx(3)


def test_a_blackout_is_stepped_over() -> None:
    terms = Terms(ONE_A_SECOND, blackouts=every_night)
    assert hours(terms, 11 * 3600) == pytest.approx(11)
    assert hours(terms, 12 * 3600) == pytest.approx(14)
    assert hours(terms, 40 * 3600) == pytest.approx(44)
    assert hours(terms, 3600, now=NOON + 11.5 * HOUR) == pytest.approx(2.5)


def test_a_lane_that_is_dark_round_the_clock_has_no_finish() -> None:
    always = Terms(ONE_A_SECOND, blackouts=lambda start, end: [(start, end)])
    assert worked_off(1, always, now=NOON) is None


def test_a_day_s_cap_sends_the_rest_to_the_next_days_of_the_lane_s_own_zone() -> None:
    dubai = ZoneInfo("Asia/Dubai")  # its midnight is 20:00 here
    terms = Terms(ONE_A_SECOND, zone=dubai, a_day=3600, left_today=1800)
    assert hours(terms, 1800) == pytest.approx(0.5)
    assert hours(terms, 5400) == pytest.approx(9)
    assert hours(terms, 9000) == pytest.approx(33)


def test_a_cap_that_is_used_up_begins_tomorrow() -> None:
    terms = Terms(ONE_A_SECOND, a_day=3600, left_today=0)
    assert hours(terms, 1) == pytest.approx(12, abs=0.01)


def test_a_cap_counts_once_a_day_however_often_the_day_is_interrupted() -> None:
    terms = Terms(ONE_A_SECOND, blackouts=every_night, a_day=5 * 3600, left_today=3600)
    assert hours(terms, 2 * 3600) == pytest.approx(14)
    assert hours(terms, 7 * 3600) == pytest.approx(38)


def test_a_lane_held_past_midnight_begins_with_a_fresh_cap() -> None:
    terms = Terms(ONE_A_SECOND, opens_at=NOON + 20 * HOUR, a_day=3600, left_today=0)
    assert hours(terms, 3600) == pytest.approx(21)
