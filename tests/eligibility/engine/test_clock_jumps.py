"""A machine whose own clock is wrong, or jumps: rows end as they would under the right one."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from eligibility.engine import leases
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    answered,
    claim,
    drain_until_done,
    end,
    history,
    make_lane,
    make_row,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("transactional_db")
JUMPS = [timedelta(days=-2), timedelta(hours=-1), timedelta(hours=1), timedelta(days=2)]
SCRIPTS = [
    "outcome=eligible",
    "later=0.2;outcome=not_eligible",
    "times=1;failure=payer_unavailable",
    "failure=identity_mismatch",
]


def ends(payer: WatchedPayer) -> list[tuple[str, str, list[str], list[str]]]:
    """What becomes of one row of each script: its end, its moves and the calls about it."""
    lane = make_lane()
    rows = [make_row(lane, script) for script in SCRIPTS]
    drain_until_done(payer)
    return [
        (again(task).outcome, again(task).failure, history(task), payer.kinds(task))
        for task in rows
    ]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_rows_end_alike_on_a_machine_whose_clock_is_wrong(
    payer: WatchedPayer, jump: timedelta
) -> None:
    right = ends(payer)
    EligibilityTask.objects.all().delete()
    with time_machine.travel(timezone.now() + min(jump, timedelta(0)), tick=True):
        lane = make_lane(code="P2")
        rows = [make_row(lane, script) for script in SCRIPTS]
    with time_machine.travel(timezone.now() + jump, tick=True):
        drain_until_done(payer)
    assert [
        (again(task).outcome, again(task).failure, history(task), payer.kinds(task))
        for task in rows
    ] == right
    assert len({each[2][-1] for each in right}) == 2


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_clock_that_jumps_during_a_call_neither_ends_its_lease_nor_its_claim(
    jump: timedelta,
) -> None:
    task = make_row(make_lane())
    (held,) = claim()
    with time_machine.travel(timezone.now() + jump, tick=True):
        assert leases.return_expired() == 0
        assert claim("other:2") == []
        assert end(held, answered()) == 1
    row, attempt = again(task), Attempt.objects.get()
    assert (row.status, row.fence) == ("done", 1)
    assert row.finished_at is not None
    assert abs(row.finished_at - timezone.now()) < timedelta(minutes=5)
    assert attempt.milliseconds is not None
    assert attempt.milliseconds < 300_000
