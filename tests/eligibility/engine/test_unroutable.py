from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from eligibility.choices import Failure, Status
from eligibility.engine import unroutable
from eligibility.models import Attempt
from tests.eligibility.engine.helpers import (
    again,
    history,
    make_batch,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("db")


def test_a_row_without_a_connection_fails_at_its_turn_without_a_call() -> None:
    task = make_row(make_lane(), connection=None)

    assert unroutable.fail_unroutable() == 1

    row = again(task)
    assert (row.status, row.failure) == (Status.FAILED, Failure.PAYER_UNSUPPORTED)
    assert row.failure_message == unroutable.MESSAGE
    assert (row.review, row.run_at) == ("needs_attention", None)
    assert row.finished_at is not None
    assert history(task) == [Status.FAILED]
    assert not Attempt.objects.exists()
    assert unroutable.fail_unroutable() == 0


def test_a_row_whose_turn_has_not_come_may_still_get_a_connection() -> None:
    lane = make_lane()
    later = make_row(lane, connection=None, run_at=timezone.now() + timedelta(minutes=1))
    parked = make_row(
        lane, connection=None, run_at=None, batch=make_batch(lane, paused_at=timezone.now())
    )

    assert unroutable.fail_unroutable() == 0
    assert {again(later).status, again(parked).status} == {Status.PENDING}


def test_rows_of_a_closed_lane_are_held_and_not_failed() -> None:
    task = make_row(make_lane(is_active=False))

    assert unroutable.fail_unroutable() == 0
    assert again(task).status == Status.PENDING


def test_more_rows_than_fit_in_one_statement_are_all_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unroutable, "_AT_ONCE", 4)
    make_rows(make_lane(), 10, connection=None)

    assert unroutable.fail_unroutable() == 10
