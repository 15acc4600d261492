"""A drain among others: slow payers, full lanes, time boxes and slots that are taken away."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from eligibility.choices import Status
from eligibility.engine import drain as drains
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    drain_once,
    drain_until_done,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")


def test_a_slow_payer_does_not_block_another_lane(payer: WatchedPayer) -> None:
    slow = make_rows(make_lane(code="P1", max_in_flight=2), 2, "delay=1500")
    quick = make_rows(make_lane(code="P2", max_in_flight=2), 10, "outcome=eligible")

    drain_once(payer)

    calls = payer.calls.newest(1000)
    last_quick = max(call.at for call in calls if call.reference in {str(t.pk) for t in quick})
    first_slow = min(call.at for call in calls if call.reference in {str(t.pk) for t in slow})
    assert last_quick < first_slow + 1.4
    assert {again(task).status for task in slow + quick} == {Status.DONE}


def test_rows_that_become_due_meanwhile_are_taken_without_waiting_for_the_slow(
    payer: WatchedPayer,
) -> None:
    make_row(make_lane(code="P1"), "delay=1200")
    soon = make_row(
        make_lane(code="P2"), "outcome=eligible", run_at=timezone.now() + timedelta(seconds=0.3)
    )

    drain_once(payer)

    assert again(soon).status == Status.DONE


def test_no_lane_has_more_calls_at_its_payer_than_it_has_slots(payer: WatchedPayer) -> None:
    make_rows(make_lane(code="P1", max_in_flight=3), 30, "delay=20")
    make_rows(make_lane(code="P2", max_in_flight=5), 30, "delay=20")

    drain_until_done(payer)

    assert payer.most_by_payer == {"P1": 3, "P2": 5}


def test_the_time_box_ends_claiming_and_lets_calls_end(payer: WatchedPayer) -> None:
    make_rows(make_lane(max_in_flight=2), 40, "delay=150;outcome=eligible")

    began = time.monotonic()
    moved = drain_once(payer, time_box=0.5)

    assert time.monotonic() - began < 5.0
    assert 2 <= moved <= 12
    assert EligibilityTask.objects.filter(status=Status.PENDING).count() == 40 - moved
    assert not EligibilityTask.objects.filter(status=Status.RUNNING).exists()


def test_a_drain_past_its_time_box_serves_other_lanes_while_it_waits_for_a_slow_payer(
    payer: WatchedPayer,
) -> None:
    slow = make_rows(make_lane(code="P1", max_in_flight=1), 2, "delay=1200;outcome=eligible")
    quick = make_row(
        make_lane(code="P2"), "outcome=eligible", run_at=timezone.now() + timedelta(seconds=0.6)
    )

    assert drain_once(payer, time_box=0.2) == 2

    assert again(quick).status == Status.DONE
    assert [again(row).status for row in slow] == [Status.DONE, Status.PENDING]


def test_a_drain_claims_nothing_more_in_the_end_whomever_it_waits_for(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "LONGEST", 0.4)
    make_row(make_lane(code="P1"), "delay=1200;outcome=eligible")
    quick = make_row(make_lane(code="P2"), run_at=timezone.now() + timedelta(seconds=0.6))

    assert drain_once(payer, time_box=0.2) == 1

    assert again(quick).status == Status.PENDING


def test_a_revoked_slot_ends_claiming_and_lets_calls_end(payer: WatchedPayer) -> None:
    make_rows(make_lane(max_in_flight=2), 40, "delay=150;outcome=eligible")
    asked: list[bool] = []

    def beat() -> bool:
        asked.append(len(asked) < 1)
        return asked[-1]

    moved = drain_once(payer, beat=beat)

    assert asked == [True, False]
    assert 2 <= moved < 40
    assert not EligibilityTask.objects.filter(status=Status.RUNNING).exists()


def test_a_drain_that_only_waits_for_its_calls_leaves_the_database_alone(
    payer: WatchedPayer,
) -> None:
    make_row(make_lane(), "delay=900;outcome=eligible")
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert drain_once(payer, time_box=0.1) == 1

    assert statements
    assert len(statements) < 60


def test_a_slot_that_is_lost_from_the_start_claims_nothing(payer: WatchedPayer) -> None:
    make_row(make_lane())

    assert drain_once(payer, beat=lambda: False) == 0
    assert not Attempt.objects.exists()


def test_a_drain_without_work_ends_at_once(payer: WatchedPayer) -> None:
    began = time.monotonic()

    assert drain_once(payer) == 0
    assert time.monotonic() - began < 5.0


def test_the_cookies_of_one_team_s_calls_do_not_travel_with_another_s(
    payer: WatchedPayer, settings: Any
) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8", "::1"]
    base_url = payer.url.replace("127.0.0.1", "localhost")
    for code in ("P1", "P2"):
        make_rows(make_lane(code=code, max_in_flight=1, base_url=base_url), 2, "outcome=eligible")

    drain_until_done(payer)

    assert len(payer.headers) == 4
    assert not [headers for headers in payer.headers if "Cookie" in headers]
