from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from eligibility.choices import Failure, Look, Priority, Status
from eligibility.connectors.base import Failed
from eligibility.engine import lanes, leases
from eligibility.engine.claim import LEASE_MARGIN
from eligibility.models import Connection, EligibilityTask
from tests.eligibility.engine.helpers import (
    WORKER,
    again,
    answered,
    cancel,
    claim,
    claim_one,
    end,
    history,
    let_lease_end,
    make_batch,
    make_due,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("db")


def ids(rows: Any) -> set[Any]:
    return {getattr(row, "task_id", None) or row.pk for row in rows}


def test_a_claimed_row_runs_under_a_higher_fence_with_a_lease_and_a_worker() -> None:
    task = make_row(make_lane())

    claimed = claim_one()

    row = again(task)
    assert (row.status, row.fence, row.worker) == (Status.RUNNING, 1, WORKER)
    assert row.lease_until is not None
    assert row.first_claimed_at is not None
    assert row.asked_at is not None
    assert (claimed.task_id, claimed.fence, claimed.look) == (task.pk, 1, Look.NONE)
    assert history(task) == [Status.RUNNING]


def test_the_question_arrives_as_it_was_accepted() -> None:
    lane = make_lane()
    task = make_row(
        lane,
        "outcome=eligible",
        id_value="٧٨٤-1986",
        name="Zoë Ångström",
        dob=timezone.now().date(),
        service_date=None,
        details={"mode": "x", "nested": [1, {"a": None}]},
    )

    query = claim_one().query

    assert (query.reference, query.payer) == (str(task.pk), lane.payer and lane.payer.code)
    assert (query.id_value, query.name) == ("٧٨٤-1986", "Zoë Ångström")
    assert (query.dob, query.service_date) == (task.dob, None)
    assert query.extra_args == {"title": "synthetic", "value": "outcome=eligible"}
    assert query.options == {"mode": "x", "nested": [1, {"a": None}]}
    assert query.is_search is False


def test_a_lane_never_has_more_rows_running_than_it_has_slots() -> None:
    make_rows(make_lane(max_in_flight=3), 10)

    first, second = claim(), claim()

    assert (len(first), len(second)) == (3, 0)
    end(first[:2], answered())
    assert len(claim()) == 2
    assert EligibilityTask.objects.filter(status=Status.RUNNING).count() == 3


def test_no_claim_takes_more_than_it_was_asked_for_over_all_lanes() -> None:
    team = make_lane().team
    for number in range(3):
        make_rows(make_lane(team, f"P{number}"), 10)

    assert len(claim(most=25)) == 25
    assert len(claim(most=25)) == 5


def test_rows_of_one_lane_leave_those_of_another_alone() -> None:
    busy, quiet = make_lane(max_in_flight=1), make_lane(code="P2", max_in_flight=5)
    make_rows(busy, 3)
    make_rows(quiet, 3)
    claim()

    assert EligibilityTask.objects.filter(connection=busy, status=Status.RUNNING).count() == 1
    assert EligibilityTask.objects.filter(connection=quiet, status=Status.RUNNING).count() == 3


def test_the_urgent_come_first_and_then_those_due_the_longest() -> None:
    lane = make_lane(max_in_flight=1)
    low = make_rows(lane, 2, priority=Priority.LOW, run_at=_ago(300))
    late = make_row(lane, run_at=_ago(1))
    early = make_row(lane, run_at=_ago(100))
    urgent = make_row(lane, run_at=_ago(1), priority=Priority.HIGH)

    order = []
    while claimed := claim():
        order += [row.task_id for row in claimed]
        end(claimed, answered())

    assert order == [urgent.pk, early.pk, late.pk, *sorted(ids(low))]


def _ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def test_what_is_not_due_or_parked_or_final_stays_where_it_is() -> None:
    lane = make_lane()
    make_row(lane, run_at=_ago(-60))
    make_row(lane, run_at=None, batch=make_batch(lane, paused_at=timezone.now()))
    cancel(make_row(lane))
    make_row(lane, connection=None)
    due = make_row(lane)

    assert ids(claim()) == {due.pk}
    assert not lanes.any_due()


def test_a_closed_lane_keeps_its_rows() -> None:
    lane = make_lane(is_active=False)
    make_row(lane)

    assert not claim()
    assert not lanes.any_due()
    Connection.objects.update(is_active=True)
    assert lanes.any_due()
    assert len(claim()) == 1


def test_a_full_lane_has_nothing_to_claim_so_nobody_need_wake() -> None:
    make_rows(make_lane(max_in_flight=1), 2)
    assert lanes.any_due()
    first = claim_one()

    assert not lanes.any_due()
    end(first, answered())
    assert lanes.any_due()


def test_the_fence_rises_with_every_claim() -> None:
    task = make_row(make_lane())

    for fence in (1, 2, 3):
        claimed = claim_one()
        assert claimed.fence == again(task).fence == fence
        end(claimed, Failed(Failure.THROTTLED, "c", "m"))
        make_due(task)


def test_a_lease_outlives_the_call_s_deadline_by_the_margin() -> None:
    make_row(make_lane(deadline=7.5))
    claim()

    assert _lease_seconds() == pytest.approx(7.5 + LEASE_MARGIN, abs=0.5)


def _lease_seconds() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXTRACT(EPOCH FROM lease_until - clock_timestamp())::float8"
            " FROM eligibility_eligibilitytask WHERE status = 'running'"
            if connection.vendor == "postgresql"
            else "SELECT (julianday(lease_until) - julianday('now')) * 86400"
            " FROM eligibility_eligibilitytask WHERE status = 'running'"
        )
        return float(cursor.fetchone()[0])


@pytest.mark.parametrize("days", [-400, 400])
def test_a_machine_whose_clock_is_wrong_claims_and_keeps_leases_like_any_other(days: int) -> None:
    lane = make_lane()
    due = make_row(lane)
    make_row(lane, run_at=timezone.now() + timedelta(hours=1))

    with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
        (claimed,) = claim()
        assert leases.return_expired() == 0
        assert _lease_seconds() == pytest.approx(2.0 + LEASE_MARGIN, abs=0.5)
        assert end(claimed, Failed(Failure.THROTTLED, "c", "m", retry_after=20.0)) == 1
        assert not claim()

    assert claimed.task_id == due.pk
    assert abs(claimed.age) < 1.0
    row = again(due)
    assert row.run_at is not None
    assert 15 < (row.run_at - timezone.now()).total_seconds() < 25


def test_a_lease_that_has_ended_is_seen_by_a_machine_whose_clock_is_behind() -> None:
    task = make_row(make_lane())
    claim()
    let_lease_end(task)

    with time_machine.travel(timezone.now() - timedelta(days=400), tick=True):
        assert leases.return_expired() == 1


def test_the_age_is_counted_from_the_first_claim() -> None:
    task = make_row(
        make_lane(), first_claimed_at=_ago(50), created_at=_ago(60), failed_conversations=1
    )

    assert claim_one().age == pytest.approx(50.0, abs=1.0)
    assert again(task).first_claimed_at == task.first_claimed_at
