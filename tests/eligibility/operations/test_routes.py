"""Which connection answers a row, and when its turn is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ

from eligibility.engine import slots
from eligibility.models import Batch, Connection, DrainSlot, EligibilityTask, WorkerHost
from portal.models import Team
from tests.cast import Cast, House
from tests.eligibility.operations.doing import bad, create, row, task

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # 12:00 in Dubai
HOUR = timedelta(hours=1)
SEARCH: dict[str, Any] = {"tpa_name": "BOTH", "visit_type": "OUTPATIENT"}


@pytest.fixture
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def lane_of_tests(house: House) -> Connection:
    """The team's test connection."""
    return Connection.objects.get(team=house.team, payer=None)


def make_production(house: House) -> None:
    Team.objects.filter(pk=house.team.pk).update(is_production=True)
    house.team.is_production = house.first.team.is_production = True


def connect_really(house: House, code: str | None) -> None:
    """Give the lane of this payer (None: the test connection) a real connector."""
    of_payer = {"payer__code": code} if code else {"payer": None}
    Connection.objects.filter(team=house.team, **of_payer).update(connector="http_json")


# --- who answers ---------------------------------------------------------------------------------


def test_a_row_goes_to_its_own_teams_connection_to_the_payer(cast: Cast) -> None:
    for house in (cast.us, cast.them):
        lane = task(create(house.first, row())).connection
        assert lane is not None
        assert lane.team == house.team
        assert lane.payer is not None
        assert lane.payer.code == "TPA004"


def test_a_test_row_goes_to_the_test_connection_whatever_its_payer(cast: Cast) -> None:
    made = task(create(cast.us.first, row(test_mode=True)))
    assert made.connection == lane_of_tests(cast.us)
    assert made.payer.code == "TPA004"
    assert made.test_mode


@pytest.mark.parametrize("test_mode", [False, True])
def test_a_search_has_no_lane_of_its_own(cast: Cast, test_mode: bool) -> None:
    made = task(create(cast.us.first, row(test_mode=test_mode, **SEARCH)))
    assert made.connection is None
    assert made.is_search
    assert made.payer.code == "BOTH"


@pytest.mark.parametrize("is_switched_off", [True, False])
def test_a_payer_without_a_connection_gets_none(cast: Cast, is_switched_off: bool) -> None:
    lane = Connection.objects.filter(team=cast.us.team, payer__code="TPA004")
    if is_switched_off:
        lane.update(is_active=False)
    else:
        lane.delete()
    made = task(create(cast.us.first, row()))
    assert made.connection is None
    assert made.status == "pending"
    assert made.run_at is not None


def test_a_team_without_a_test_connection_answers_no_test_row(cast: Cast) -> None:
    lane_of_tests(cast.us).delete()
    assert task(create(cast.us.first, row(test_mode=True))).connection is None


def test_a_production_team_reaches_a_synthetic_payer_only_in_test_mode(cast: Cast) -> None:
    make_production(cast.us)
    created = create(cast.us.first, row(), row(test_mode=True))
    lanes = [task(created, index).connection for index in range(2)]
    assert lanes == [None, lane_of_tests(cast.us)]


def test_a_production_team_reaches_its_real_payers(cast: Cast) -> None:
    make_production(cast.us)
    connect_really(cast.us, "TPA004")
    lane = task(create(cast.us.first, row())).connection
    assert lane is not None
    assert lane.connector == "http_json"


@pytest.mark.parametrize("production", [False, True])
def test_a_test_row_never_reaches_a_real_payer(cast: Cast, production: bool) -> None:
    if production:
        make_production(cast.us)
    connect_really(cast.us, None)
    assert task(create(cast.us.first, row(test_mode=True))).connection is None


@pytest.mark.parametrize(("word", "rank"), [("high", 0), ("NORMAL", 1), ("low", 2), ("", 1)])
def test_the_priority_of_a_row_is_its_rank_in_the_lane(cast: Cast, word: str, rank: int) -> None:
    assert task(create(cast.us.first, row(priority=word))).priority == rank


# --- when ----------------------------------------------------------------------------------------


def test_an_unscheduled_row_is_due_at_once_and_promises_nothing(cast: Cast, noon: None) -> None:
    created = create(cast.us.first, row())
    assert task(created).run_at == NOON
    batch = Batch.objects.get()
    assert (batch.scheduled_for, batch.expected_by, created.expected_by) == (None, None, None)


def test_a_scheduled_batch_waits_for_its_hour(cast: Cast, noon: None) -> None:
    created = create(cast.us.first, row(), row(), scheduled=True, scheduled_for=NOON + HOUR)
    for made in EligibilityTask.objects.all():
        assert made.run_at == made.not_before == NOON + HOUR
        assert made.created_at == NOON
    assert Batch.objects.get().scheduled_for == NOON + HOUR
    assert created.expected_by is not None


@pytest.mark.parametrize("when", [None, NOON, NOON - HOUR, NOON - timedelta(days=400)])
def test_a_schedule_that_is_past_or_absent_is_due_at_once(
    cast: Cast, noon: None, when: datetime | None
) -> None:
    created = create(cast.us.first, row(), scheduled=True, scheduled_for=when)
    assert task(created).run_at == NOON
    assert Batch.objects.get().scheduled_for == NOON
    assert created.expected_by is not None


@pytest.mark.parametrize(
    ("own", "due"),
    [
        ("2026-11-22T13:00:00+04:00", NOON + 2 * HOUR),
        ("2026-11-22T15:00:00+04:00", NOON + 3 * HOUR),
        ("2026-11-22T15:00:00", NOON + 3 * HOUR),
        ("2026-11-22T11:00:00Z", NOON + 3 * HOUR),
        ("2020-01-01", NOON + 2 * HOUR),
    ],
)
def test_a_row_may_wait_longer_than_its_batch_but_not_shorter(
    cast: Cast, noon: None, own: str, due: datetime
) -> None:
    options: dict[str, Any] = {"scheduled": True, "scheduled_for": NOON + 2 * HOUR}
    created = create(cast.us.first, row(scheduled_for=own), row(), **options)
    assert task(created, 0).run_at == task(created, 0).not_before == due
    assert task(created, 1).run_at == NOON + 2 * HOUR


def test_a_row_of_an_unscheduled_request_may_wait_by_itself(cast: Cast, noon: None) -> None:
    created = create(cast.us.first, row(scheduled_for="2026-11-22T15:00:00+04:00"), row())
    assert [task(created, index).run_at for index in (0, 1)] == [NOON + 3 * HOUR, NOON]


def test_the_forecast_is_in_the_clinics_zone_at_full_five_minutes(cast: Cast, noon: None) -> None:
    start = NOON + timedelta(minutes=61)
    created = create(
        cast.us.first, *(row() for _ in range(40)), scheduled=True, scheduled_for=start
    )
    assert created.expected_by is not None
    # 40 rows at 20 a second: two seconds after 13:01 is 13:05 in full five minutes.
    assert created.expected_by.isoformat() == "2026-11-22T13:05:00+04:00"
    assert created.expected_by.tzinfo == ZoneInfo("Asia/Dubai")
    assert Batch.objects.get().expected_by == created.expected_by


def test_the_forecast_is_never_before_the_last_row_may_begin(cast: Cast, noon: None) -> None:
    late = row(scheduled_for="2026-11-22T20:01:00+04:00")
    created = create(cast.us.first, row(), late, scheduled=True, scheduled_for=NOON + HOUR)
    assert created.expected_by is not None
    assert created.expected_by.isoformat() == "2026-11-22T20:05:00+04:00"


# --- waking a worker -----------------------------------------------------------------------------


@pytest.fixture
def host() -> WorkerHost:
    """A running `workers` command with two free slots."""
    host = WorkerHost.objects.create(
        id="h", name="h", pid=1, workers=3, started_at=timezone.now(), seen_at=timezone.now()
    )
    DrainSlot.objects.bulk_create(DrainSlot(host=host, number=number) for number in (0, 1))
    return host


def jobs() -> list[tuple[str, Any]]:
    """(function, arguments) of the queued jobs."""
    return [(job.task["func"], job.task["args"]) for job in OrmQ.objects.all()]


def test_due_rows_queue_one_drain_job_that_carries_ids_only(cast: Cast, host: WorkerHost) -> None:
    create(cast.us.first, *(row() for _ in range(50)))
    slot = DrainSlot.objects.get(state=DrainSlot.State.QUEUED)
    assert jobs() == [(slots.DRAIN_JOB, (slot.pk, slot.ticket))]


def test_a_request_with_one_due_row_queues_a_job(cast: Cast, host: WorkerHost) -> None:
    later = row(scheduled_for=(timezone.now() + HOUR).isoformat())
    create(cast.us.first, later, later, row())
    assert len(jobs()) == 1


@pytest.mark.parametrize("kind", ["batch", "row", "replayed", "rejected", "dry run", "refused"])
def test_without_a_due_row_no_job_is_queued(cast: Cast, host: WorkerHost, kind: str) -> None:
    later = timezone.now() + HOUR
    match kind:
        case "batch":
            create(cast.us.first, row(), scheduled=True, scheduled_for=later)
        case "row":
            create(cast.us.first, row(scheduled_for=later.isoformat()))
        case "replayed":
            create(cast.us.first, row("A"))
            OrmQ.objects.all().delete()
            create(cast.us.first, row("A"))
        case "rejected":
            create(cast.us.first, bad(), source="file")
        case "dry run":
            create(cast.us.first, row(), dry_run=True)
        case "refused":
            create(cast.us.first, row(), bad(), all_or_nothing=True)
    assert jobs() == []


def test_with_every_slot_taken_no_further_job_is_queued(cast: Cast, host: WorkerHost) -> None:
    for _ in range(5):
        create(cast.us.first, row())
    assert len(jobs()) == 2


def test_rows_are_accepted_while_no_worker_runs(cast: Cast, host: WorkerHost) -> None:
    WorkerHost.objects.update(seen_at=timezone.now() - HOUR)
    assert create(cast.us.first, row()).total_created == 1
    assert jobs() == []
