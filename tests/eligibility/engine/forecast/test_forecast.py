"""Forecasts of lanes and batches, read from the database. The arithmetic has tests of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.choices import Failure, HeldReason, Look, Outcome, Priority, Status
from eligibility.engine.forecast import finishes
from eligibility.engine.lane.depth import Depth, depths
from eligibility.engine.lane.measured import ENOUGH, Pace
from eligibility.engine.lane.recent import answered_within, paces, recents
from eligibility.models import Batch, Connection, LaneState
from portal.models import Clinic
from tests.eligibility.engine.helpers import make_batch, make_lane, make_row, make_rows

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DONE: dict[str, Any] = {"status": Status.DONE, "outcome": Outcome.ELIGIBLE, "run_at": None}


def make_answers(
    lane: Connection, count: int, seconds: float, *, waited: float = 0.0, **fields: Any
) -> None:
    """Rows that ended one a second, each answered in so many seconds after it was asked."""
    newest = timezone.now()

    def times(number: int) -> dict[str, Any]:
        finished_at = newest - timedelta(seconds=number)
        asked_at = finished_at - timedelta(seconds=seconds)
        due = asked_at - timedelta(seconds=waited)
        return {"finished_at": finished_at, "asked_at": asked_at, "not_before": due}

    make_rows(lane, count, each=times, **{**DONE, "fence": 1, **fields})


def pace(lane: Connection) -> Pace:
    return paces([lane])[lane.pk]


def finish_of(batch: Batch, now: datetime = NOON) -> finishes.Finish:
    return finishes.batch_finishes([batch], now=now)[batch.pk]


def minutes(finish: finishes.Finish, now: datetime = NOON) -> float:
    assert finish.at is not None
    assert finish.why_unknown == ""
    return (finish.at - now).total_seconds() / 60


@pytest.fixture
def lane(db: None, breaks_promises: None) -> Connection:
    """A lane of four slots that is configured for two answers a second."""
    return make_lane(max_in_flight=4, expected_pace=2.0)


class TestPace:
    def test_the_configured_one_holds_until_enough_answers_were_measured(
        self, lane: Connection
    ) -> None:
        make_answers(lane, ENOUGH - 1, 0.5)
        assert pace(lane) == Pace(2.0)

        make_answers(lane, 1, 0.5)
        assert pace(lane).a_second == pytest.approx(8.0, rel=0.01)
        assert pace(lane).length == pytest.approx(0.5, rel=0.01)
        assert pace(lane).is_measured

    def test_only_the_newest_200_answers_count(self, lane: Connection) -> None:
        make_answers(lane, 200, 0.5)
        long_ago = timezone.now() - timedelta(days=1)
        asked_at = long_ago - timedelta(hours=1)
        make_rows(lane, 50, **DONE, finished_at=long_ago, asked_at=asked_at)

        assert pace(lane).a_second == pytest.approx(8.0, rel=0.01)

    def test_rows_that_stood_in_line_show_it_by_how_they_came_out(self, lane: Connection) -> None:
        make_answers(lane, 200, 0.5, waited=60.0)

        assert pace(lane).a_second == pytest.approx(1.0, rel=0.01)

    def test_rows_that_nobody_asked_say_nothing(self, lane: Connection) -> None:
        make_answers(
            lane, 100, 0.0, status=Status.FAILED, outcome="", failure=Failure.INPUT_INVALID
        )
        make_rows(lane, 100, **DONE, finished_at=timezone.now())

        assert pace(lane) == Pace(2.0)

    def test_rows_that_failed_at_the_payer_took_their_time_as_well(self, lane: Connection) -> None:
        make_answers(lane, 60, 4.0, status=Status.FAILED, outcome="", failure=Failure.TIMEOUT)

        assert pace(lane).a_second == pytest.approx(1.0, rel=0.01)
        assert recents([lane])[lane.pk].failures == {Failure.TIMEOUT: 60}

    def test_another_lane_s_answers_say_nothing_about_this_one_s(self, lane: Connection) -> None:
        other = make_lane(lane.team, "P2")
        make_answers(other, 200, 0.001)

        assert pace(lane) == Pace(2.0)
        assert set(paces([lane, other])) == {lane.pk, other.pk}

    def test_answers_that_took_no_time_at_all_do_not_make_it_infinite(
        self, lane: Connection
    ) -> None:
        make_answers(lane, 200, 0.0)

        assert pace(lane).a_second == pytest.approx(4000.0)

    def test_the_answers_of_the_last_minute_are_counted_by_lane(self, lane: Connection) -> None:
        make_answers(lane, 90, 0.5)
        since = timezone.now() - timedelta(seconds=60)

        assert answered_within([lane.pk, 0], since=since)[lane.pk] in (59, 60)
        assert answered_within([], since=since) == {}


class TestDepth:
    def test_rows_are_counted_as_due_later_waiting_or_parked(self, lane: Connection) -> None:
        soon, asked = NOON + timedelta(hours=1), NOON - timedelta(minutes=3)
        make_rows(lane, 3, run_at=NOON - timedelta(minutes=5))
        make_rows(lane, 2, run_at=NOON, priority=Priority.HIGH)
        make_rows(lane, 4, run_at=soon)
        make_rows(lane, 1, run_at=NOON, status=Status.WAITING, look=Look.POLL, asked_at=asked)
        make_rows(lane, 2, run_at=soon, status=Status.WAITING, look=Look.POLL, asked_at=NOON)
        make_rows(lane, 6, run_at=None)
        make_rows(make_lane(lane.team, "P2"), 9)

        found = depths([lane.pk], now=NOON)

        assert found == {lane.pk: Depth(5, 4, 3, 6, NOON - timedelta(minutes=5), NOON)}
        assert found[lane.pk].in_line == 12

    def test_a_lane_without_rows_is_empty(self, lane: Connection) -> None:
        assert depths([lane.pk], now=NOON) == {lane.pk: Depth()}
        assert depths([], now=NOON) == {}


class TestScheduledBatch:
    """What the API promises when a batch is scheduled."""

    def test_it_is_finished_when_its_rows_are_at_the_lane_s_pace(self, db: None) -> None:
        lane = make_lane(expected_pace=0.1)
        batch = make_batch(lane, scheduled_for=NOON)
        make_rows(lane, 61, batch=batch, run_at=NOON)  # 610 s

        finish = finishes.batch_finish(batch, connections=[lane], now=NOON - timedelta(hours=1))

        assert finish == NOON + timedelta(minutes=15)
        assert finish.utcoffset() == timedelta(hours=4)

    @pytest.mark.parametrize(("lead", "expected"), [(0, 20), (1, 15)])
    def test_rows_in_line_before_it_have_their_turns_if_they_are_still_there_by_then(
        self, db: None, lead: int, expected: int
    ) -> None:
        lane = make_lane(expected_pace=0.1)
        batch = make_batch(lane, scheduled_for=NOON)
        make_rows(lane, 60, batch=batch, run_at=NOON)
        make_rows(lane, 60 + 301 * lead, run_at=NOON - timedelta(hours=1))
        make_rows(lane, 50, run_at=NOON + timedelta(seconds=1))

        finish = finishes.batch_finish(batch, connections=[lane], now=NOON - timedelta(hours=lead))

        assert finish == NOON + timedelta(minutes=expected)

    def test_the_slowest_lane_decides(self, lane: Connection) -> None:
        slow = make_lane(lane.team, "P2", expected_pace=0.01)
        batch = make_batch(lane, scheduled_for=NOON)
        make_rows(lane, 10, batch=batch, run_at=NOON)
        make_rows(slow, 10, batch=batch, run_at=NOON)  # 1,000 s

        finish = finishes.batch_finish(batch, connections=[lane, slow], now=NOON)

        assert finish == NOON + timedelta(minutes=20)

    def test_a_paused_lane_is_taken_for_open_since_a_moment_has_to_be_named(self, db: None) -> None:
        lane = make_lane(expected_pace=0.1, paused_at=NOON)
        batch = make_batch(lane, scheduled_for=NOON)
        make_rows(lane, 61, batch=batch, run_at=NOON)

        finish = finishes.batch_finish(batch, connections=[lane], now=NOON)

        assert finish == NOON + timedelta(minutes=15)

    def test_one_whose_rows_no_connection_answers_is_over_when_it_starts(
        self, lane: Connection
    ) -> None:
        batch = make_batch(lane, scheduled_for=NOON)
        make_rows(lane, 10, batch=batch, run_at=NOON, connection=None)

        assert finishes.batch_finish(batch, connections=[lane], now=NOON) == NOON

    def test_one_whose_start_has_passed_starts_now(self, lane: Connection) -> None:
        batch = make_batch(lane, scheduled_for=NOON - timedelta(days=1))

        assert finishes.batch_finish(batch, connections=[], now=NOON) == NOON


class TestRunningBatch:
    """What staff see of a batch that runs."""

    @pytest.fixture
    def slow(self, db: None) -> Connection:
        """A lane of six answers a minute."""
        return make_lane(expected_pace=0.1)

    @pytest.fixture
    def batch(self, slow: Connection) -> Batch:
        """Sixty due rows: ten minutes."""
        batch = make_batch(slow)
        make_rows(slow, 60, batch=batch, run_at=NOON)
        return batch

    def test_it_takes_turns_with_the_clinic_s_other_rows(
        self, slow: Connection, batch: Batch
    ) -> None:
        assert minutes(finish_of(batch)) == pytest.approx(10)

        make_rows(slow, 30, batch=make_batch(slow), run_at=NOON)
        make_rows(slow, 600, run_at=NOON)

        assert minutes(finish_of(batch)) == pytest.approx(25)

    def test_other_clinics_get_as_many_turns_as_its_own(
        self, slow: Connection, batch: Batch
    ) -> None:
        other = Clinic.objects.create(team=slow.team, name="Other", timezone="Asia/Dubai")
        for _ in range(3):
            theirs = Batch.objects.create(team=slow.team, clinic=other)
            make_rows(slow, 300, batch=theirs, clinic=other, run_at=NOON)

        assert minutes(finish_of(batch)) == pytest.approx(20)

    def test_urgent_rows_of_anybody_go_first(self, slow: Connection, batch: Batch) -> None:
        make_rows(slow, 30, run_at=NOON, priority=Priority.HIGH)
        make_rows(slow, 30, run_at=NOON, priority=Priority.LOW)

        assert minutes(finish_of(batch)) == pytest.approx(15)

    def test_rows_that_others_are_due_later_do_not_delay_it(
        self, slow: Connection, batch: Batch
    ) -> None:
        make_rows(slow, 600, run_at=NOON + timedelta(seconds=1))

        assert minutes(finish_of(batch)) == pytest.approx(10)

    def test_its_own_later_rows_are_part_of_it(self, slow: Connection, batch: Batch) -> None:
        make_rows(slow, 60, batch=batch, run_at=NOON + timedelta(minutes=1))
        assert minutes(finish_of(batch)) == pytest.approx(20)

        make_rows(slow, 1, batch=batch, run_at=NOON + timedelta(hours=1))
        assert minutes(finish_of(batch)) == pytest.approx(60)

    def test_rows_in_workers_hands_are_part_of_it(
        self, slow: Connection, batch: Batch, breaks_promises: None
    ) -> None:
        make_rows(
            slow, 6, batch=batch, run_at=NOON, status=Status.RUNNING,
            lease_until=NOON, asked_at=NOON,
        )  # fmt: skip

        assert minutes(finish_of(batch)) == pytest.approx(11)

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [({"paused_at": NOON}, HeldReason.PAUSED), ({"is_active": False}, HeldReason.INACTIVE)],
    )
    def test_of_a_lane_that_somebody_has_to_open_nobody_knows(
        self, slow: Connection, batch: Batch, fields: dict[str, Any], reason: HeldReason
    ) -> None:
        Connection.objects.filter(pk=slow.pk).update(**fields)

        finish = finish_of(batch)

        assert finish.at is None
        assert finish.lane == slow
        assert finish.held is not None
        assert finish.held.reason == reason
        assert finish.why_unknown == f"{reason.label}."

    def test_a_locked_credential_leaves_it_unknown_too(
        self, slow: Connection, batch: Batch
    ) -> None:
        LaneState.objects.create(connection=slow, login_failures=2, credential_locked_at=NOON)

        assert finish_of(batch).why_unknown == f"{HeldReason.CREDENTIALS.label}."

    def test_one_lane_that_is_paused_leaves_the_whole_batch_unknown(
        self, slow: Connection, batch: Batch
    ) -> None:
        paused = make_lane(slow.team, "P2", paused_at=NOON)
        make_rows(paused, 1, batch=batch, run_at=NOON)

        assert finish_of(batch).lane == paused

    def test_a_lane_held_until_a_known_moment_begins_then(
        self, slow: Connection, batch: Batch
    ) -> None:
        LaneState.objects.create(
            connection=slow, throttled_at=NOON, throttled_until=NOON + timedelta(minutes=30)
        )

        assert minutes(finish_of(batch)) == pytest.approx(40)

    def test_the_last_of_several_reasons_decides_when_it_opens(
        self, slow: Connection, batch: Batch
    ) -> None:
        LaneState.objects.create(
            connection=slow,
            breaker="open",
            pause=60.0,
            open_until=NOON + timedelta(minutes=1),
            throttled_until=NOON + timedelta(minutes=30),
        )

        assert minutes(finish_of(batch)) == pytest.approx(40)

    def test_rate_windows_daily_caps_and_blackouts_bound_it(
        self, slow: Connection, batch: Batch
    ) -> None:
        def forecast_with(**limits: Any) -> float:
            Connection.objects.filter(pk=slow.pk).update(
                **{"rate_windows": [], "daily_cap": None, "blackouts": [], **limits}
            )
            return minutes(finish_of(batch))

        a_minute = forecast_with(rate_windows=[{"calls": 1, "seconds": 60}])
        assert a_minute == pytest.approx(59, abs=1)
        midnight = 8 * 60  # in Dubai, from noon in UTC
        assert forecast_with(daily_cap=50) == pytest.approx(midnight + 10 / 6, abs=0.1)
        dark = [{"from": "16:05", "to": "17:05"}]
        assert forecast_with(blackouts=dark) == pytest.approx(70)

    def test_what_would_take_longer_than_a_year_is_not_known(self, db: None) -> None:
        lane = make_lane(expected_pace=1e-9)
        batch = make_batch(lane)
        make_row(lane, batch=batch, run_at=NOON)

        assert finish_of(batch).why_unknown == "It would take more than a year."

    def test_a_batch_with_nothing_in_any_lane_is_finished_now(self, slow: Connection) -> None:
        assert finish_of(make_batch(slow)).at == NOON
        assert finishes.batch_finishes([], now=NOON) == {}

    def test_it_takes_the_same_statements_for_one_batch_as_for_many(
        self, slow: Connection, batch: Batch
    ) -> None:
        batches = [batch]
        for number in range(9):
            lane = make_lane(slow.team, f"P{number}")
            batches.append(make_batch(lane))
            make_rows(lane, 3, batch=batches[-1], run_at=NOON)

        with CaptureQueriesContext(connection) as queries:
            found = finishes.batch_finishes(batches, now=NOON)

        assert len(found) == 10
        assert len(queries) == 4


class TestSearches:
    """A search's rows are its paths, one at each payer."""

    @pytest.fixture
    def batch(self, db: None) -> Batch:
        return make_batch(make_lane(expected_pace=0.1))

    def make_paths(self, batch: Batch, count: int, parent: dict[str, Any], **fields: Any) -> None:
        lane = Connection.objects.get(team=batch.team)
        searches = make_rows(
            lane, count, batch=batch, connection=None, is_search=True,
            **{"status": Status.WAITING, **parent},
        )  # fmt: skip
        make_rows(lane, count, each=lambda number: {"parent": searches[number]}, **fields)

    def test_paths_in_line_and_paths_to_come_are_part_of_the_batch(
        self, batch: Batch, breaks_promises: None
    ) -> None:
        self.make_paths(batch, 30, {}, run_at=NOON)
        self.make_paths(batch, 30, {}, run_at=None)

        assert minutes(finish_of(batch)) == pytest.approx(10)

    def test_of_the_paths_to_come_the_usual_share_is_asked(
        self, batch: Batch, breaks_promises: None
    ) -> None:
        ended = {**DONE, "finished_at": NOON - timedelta(hours=1)}
        asked = {**ended, "asked_at": NOON - timedelta(hours=2)}
        skipped = {"status": Status.CANCELLED, "run_at": None, "finished_at": NOON}
        self.make_paths(batch, 10, ended, **asked)
        self.make_paths(batch, 30, ended, **skipped)
        self.make_paths(batch, 60, {}, run_at=None)

        assert minutes(finish_of(batch)) == pytest.approx(2.5)


class TestLane:
    def test_a_lane_is_finished_when_what_is_due_is_answered(self, lane: Connection) -> None:
        finish = finishes.lane_finish(
            lane, LaneState(), Depth(due=200, later=500, waiting=40), Pace(2.0), now=NOON
        )
        assert minutes(finish) == pytest.approx(2)

    def test_a_paused_lane_says_so(self, lane: Connection) -> None:
        lane.paused_at = NOON
        finish = finishes.lane_finish(lane, LaneState(), Depth(due=1), Pace(2.0), now=NOON)
        assert (finish.at, finish.why_unknown) == (None, f"{HeldReason.PAUSED.label}.")

    def test_an_empty_lane_has_finished(self, lane: Connection) -> None:
        finish = finishes.lane_finish(lane, LaneState(), Depth(), Pace(2.0), now=NOON)
        assert finish.at == NOON


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

    result = finishes.round_up(full)

    assert result.time().isoformat() == rounded
    assert timedelta() <= result - full < timedelta(minutes=5)
