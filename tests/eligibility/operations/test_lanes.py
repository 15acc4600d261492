"""What people do with a lane, and what the audit log says of it."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from eligibility.choices import BreakerState, Failure, HeldReason, Priority
from eligibility.connectors.base import Failed
from eligibility.engine import lanes
from eligibility.engine.lane.standing import standings
from eligibility.models import Connection, EligibilityTask, LaneState
from eligibility.operations import retry_tasks
from eligibility.operations.lanes import (
    pause_lane,
    probe_lane,
    reset_breaker,
    resume_lane,
    set_limits,
)
from portal import audit
from portal.models import AuditEvent
from tests.eligibility.engine.helpers import make_lane, make_row, make_rows

pytestmark = pytest.mark.usefixtures("db")
WHO = audit.command("tests")


def reason(lane: Connection) -> HeldReason | None:
    (standing,) = standings([Connection.objects.get(pk=lane.pk)])
    return standing.held.reason if standing.held else None


def broken_lane() -> Connection:
    lane = make_lane()
    LaneState.objects.create(
        connection=lane,
        breaker=BreakerState.OPEN,
        pause=60.0,
        open_until=timezone.now() + timedelta(seconds=60),
        credential_locked_at=timezone.now(),
        login_failures=2,
    )
    return lane


def test_a_paused_lane_holds_its_rows_until_it_is_resumed() -> None:
    lane = make_lane()
    make_row(lane)

    assert pause_lane(connection=lane, actor=WHO, reason=" The payer moves house ")
    assert not pause_lane(connection=lane, actor=WHO)
    assert reason(lane) is HeldReason.PAUSED
    assert not lanes.any_due()
    assert Connection.objects.get().pause_reason == "The payer moves house"

    assert resume_lane(connection=lane, actor=WHO)
    assert not resume_lane(connection=lane, actor=WHO)
    assert reason(lane) is None
    assert lanes.any_due()
    verbs = AuditEvent.objects.order_by("at").values_list("verb", flat=True)
    assert list(verbs) == ["paused", "resumed"]
    assert LaneState.objects.get().closed_until is not None


def test_a_breaker_that_was_reset_lets_all_rows_go_at_once() -> None:
    lane = broken_lane()
    LaneState.objects.update(credential_locked_at=None)
    make_rows(lane, 3)

    assert reset_breaker(connection=lane, actor=WHO)
    assert not reset_breaker(connection=lane, actor=WHO)
    assert reason(lane) is None
    assert LaneState.objects.get().breaker == BreakerState.CLOSED
    assert AuditEvent.objects.get().changes["breaker"][1] == "Closed"


def test_limits_are_set_once_with_what_they_were_before() -> None:
    lane = make_lane(max_in_flight=4)
    windows = [{"calls": 60, "seconds": 60}]

    assert set_limits(
        connection=lane, limits={"max_in_flight": 9, "rate_windows": windows}, actor=WHO
    )
    assert not set_limits(connection=lane, limits={"max_in_flight": 9}, actor=WHO)

    stored = Connection.objects.get()
    assert (stored.max_in_flight, stored.rate_windows) == (9, windows)
    assert AuditEvent.objects.get().changes["max_in_flight"] == [4, 9]


def test_limits_that_make_no_sense_change_nothing() -> None:
    lane = make_lane(max_in_flight=4)

    with pytest.raises(ValidationError):
        set_limits(connection=lane, limits={"max_in_flight": 9, "blackouts": [{}]}, actor=WHO)
    with pytest.raises(ValueError, match="name"):
        set_limits(connection=lane, limits={"name": "other"}, actor=WHO)

    assert Connection.objects.get().max_in_flight == 4
    assert not AuditEvent.objects.exists()


def test_a_good_test_call_unlocks_the_login_and_lets_the_next_row_go_ahead() -> None:
    lane = broken_lane()
    make_rows(lane, 3)

    with mock.patch("eligibility.operations.probes._probe", return_value=None):
        assert probe_lane(connection=lane, actor=WHO) is None

    state = LaneState.objects.get()
    assert (state.last_probe_ok, state.credential_locked_at) == (True, None)
    assert state.breaker == BreakerState.OPEN
    (taken,) = lanes.lock_due()
    assert (taken.is_probing, taken.free) == (True, 1)
    assert AuditEvent.objects.get().verb == "tested"


def test_a_test_call_that_failed_leaves_the_lane_as_it_was() -> None:
    lane = broken_lane()
    failed = Failed(Failure.CREDENTIALS, "http_401", "m")

    with mock.patch("eligibility.operations.probes._probe", return_value=failed):
        assert probe_lane(connection=lane, actor=WHO) == failed

    state = LaneState.objects.get()
    assert (state.last_probe_ok, state.last_probe_code) == (False, "http_401")
    assert reason(lane) is HeldReason.CREDENTIALS


def test_whoever_asks_again_for_one_row_waits_for_it() -> None:
    lane = make_lane()
    one, *many = make_rows(lane, 3, status="failed", failure="timeout", run_at=None,
                           finished_at=timezone.now())  # fmt: skip
    for rows in ([one], many):
        tasks = EligibilityTask.objects.filter(pk__in=[row.pk for row in rows])
        assert retry_tasks(tasks=tasks, actor="somebody").moved == len(rows)

    ranks = EligibilityTask.objects.order_by("id_key").values_list("priority", flat=True)
    assert list(ranks) == [Priority.HIGH, Priority.NORMAL, Priority.NORMAL]
