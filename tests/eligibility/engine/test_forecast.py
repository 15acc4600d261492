from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Failure, Outcome, Status
from eligibility.engine import forecast
from eligibility.models import Connection
from tests.eligibility.engine.helpers import make_batch, make_lane, make_rows

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def make_answers(lane: Connection, count: int, seconds: float, **fields: Any) -> None:
    """Rows that were answered so many seconds after they were asked, the first the newest."""
    newest = timezone.now()
    values = {"status": Status.DONE, "outcome": Outcome.ELIGIBLE, "run_at": None, **fields}

    def times(number: int) -> dict[str, Any]:
        finished_at = newest - timedelta(seconds=number)
        return {"finished_at": finished_at, "asked_at": finished_at - timedelta(seconds=seconds)}

    make_rows(lane, count, each=times, **values)


@pytest.fixture
def lane(db: None, breaks_promises: None) -> Connection:
    """A lane of four slots that is configured for two answers a second."""
    return make_lane(max_in_flight=4, expected_pace=2.0)


def test_the_configured_pace_holds_until_200_answers_were_measured(lane: Connection) -> None:
    make_answers(lane, 199, 0.5)
    assert forecast.pace(lane) == 2.0

    make_answers(lane, 1, 0.5)
    assert forecast.pace(lane) == pytest.approx(8.0, rel=0.01)


def test_only_the_newest_200_answers_count(lane: Connection) -> None:
    make_answers(lane, 200, 0.5)
    long_ago = timezone.now() - timedelta(days=1)
    make_rows(
        lane, 50, status=Status.DONE, outcome=Outcome.ELIGIBLE, run_at=None,
        finished_at=long_ago, asked_at=long_ago - timedelta(hours=1),
    )  # fmt: skip

    assert forecast.pace(lane) == pytest.approx(8.0, rel=0.01)


def test_rows_that_failed_without_an_answer_say_nothing_about_the_pace(lane: Connection) -> None:
    make_answers(lane, 200, 0.0, status=Status.FAILED, outcome="", failure=Failure.INPUT_INVALID)

    assert forecast.pace(lane) == 2.0


def test_another_lane_s_answers_say_nothing_about_this_one_s_pace(lane: Connection) -> None:
    make_answers(make_lane(lane.team, "P2"), 200, 0.001)

    assert forecast.pace(lane) == 2.0


def test_answers_that_took_no_time_at_all_do_not_make_the_pace_infinite(lane: Connection) -> None:
    make_answers(lane, 200, 0.0)

    assert forecast.pace(lane) == pytest.approx(4000.0)


def test_a_batch_is_finished_when_its_rows_are_at_the_lane_s_pace(db: None) -> None:
    lane = make_lane(expected_pace=0.1)
    batch = make_batch(lane, scheduled_for=NOON)
    make_rows(lane, 61, batch=batch, run_at=NOON)  # 610 s

    finish = forecast.batch_finish(batch, connections=[lane], now=NOON - timedelta(hours=1))

    assert finish == NOON + timedelta(minutes=15)
    assert finish.utcoffset() == timedelta(hours=4)


@pytest.mark.parametrize(("lead", "minutes"), [(0, 15), (1, 5)])
def test_rows_ahead_in_the_line_are_worked_off_first_if_they_are_still_there_by_then(
    db: None, lead: int, minutes: int
) -> None:
    lane = make_lane(expected_pace=0.1)
    batch = make_batch(lane, scheduled_for=NOON)
    make_rows(lane, 2, batch=batch, run_at=NOON)
    make_rows(lane, 60, run_at=NOON - timedelta(hours=1))
    make_rows(lane, 50, run_at=NOON + timedelta(seconds=1))

    finish = forecast.batch_finish(batch, connections=[lane], now=NOON - timedelta(hours=lead))

    assert finish == NOON + timedelta(minutes=minutes)


def test_the_slowest_lane_decides(lane: Connection) -> None:
    slow = make_lane(lane.team, "P2", expected_pace=0.01)
    batch = make_batch(lane, scheduled_for=NOON)
    make_rows(lane, 10, batch=batch, run_at=NOON)
    make_rows(slow, 10, batch=batch, run_at=NOON)  # 1,000 s

    assert forecast.batch_finish(batch, connections=[lane, slow], now=NOON) == NOON + timedelta(
        minutes=20
    )


def test_a_batch_whose_rows_no_connection_answers_is_over_when_it_starts(lane: Connection) -> None:
    batch = make_batch(lane, scheduled_for=NOON)
    make_rows(lane, 10, batch=batch, run_at=NOON, connection=None)

    assert forecast.batch_finish(batch, connections=[lane], now=NOON) == NOON


def test_a_batch_whose_start_has_passed_starts_now(lane: Connection) -> None:
    batch = make_batch(lane, scheduled_for=NOON - timedelta(days=1))

    assert forecast.batch_finish(batch, connections=[], now=NOON) == NOON


@pytest.mark.parametrize(
    ("moment", "rounded"),
    [
        ("12:00:00", "12:00:00"),
        ("12:00:00.000001", "12:05:00"),
        ("12:04:59.999999", "12:05:00"),
        ("12:05:00", "12:05:00"),
        ("23:57:00", "00:00:00"),
    ],
)
def test_a_forecast_is_rounded_up_to_five_minutes(moment: str, rounded: str) -> None:
    day = datetime(2026, 11, 22, tzinfo=UTC)
    full = datetime.combine(day, datetime.fromisoformat(f"2026-11-22T{moment}").time(), UTC)

    result = forecast.round_up(full)

    assert result.time().isoformat() == rounded
    assert timedelta() <= result - full < timedelta(minutes=5)
