"""A batch's status and counts follow from its rows; nothing of it is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from eligibility.choices import BatchStatus
from eligibility.models import Batch, EligibilityTask
from eligibility.querysets import batch_status
from tests.cast import Cast
from tests.eligibility.operations.doing import create, row, task_id
from tests.eligibility.operations.phases import (
    CANCELLED,
    DONE,
    FAILED,
    HOUR,
    PENDING,
    RUNNING,
    WAITING,
    State,
    batch_of,
    counted,
    put,
    scheduled,
    status_of,
)

pytestmark = pytest.mark.django_db

PHASES = [
    ("its hour has not come", HOUR, [PENDING, PENDING], {}, "scheduled"),
    ("its hour has come", -HOUR, [PENDING, PENDING], {}, "running"),
    ("one row was claimed early", HOUR, [RUNNING, PENDING], {}, "running"),
    ("a row waits for the payer", -HOUR, [WAITING, DONE], {}, "running"),
    ("one row is left", -HOUR, [PENDING, DONE, FAILED], {}, "running"),
    ("all answered", -HOUR, [DONE, DONE], {}, "completed"),
    ("all failed", -HOUR, [FAILED, FAILED], {}, "completed"),
    ("some cancelled, not the batch", -HOUR, [DONE, CANCELLED], {}, "completed"),
    ("paused before its hour", HOUR, [PENDING], {"paused_at": Now()}, "paused"),
    ("paused in the middle", -HOUR, [PENDING, DONE], {"paused_at": Now()}, "paused"),
    ("paused, and then all ended", -HOUR, [DONE, DONE], {"paused_at": Now()}, "completed"),
    ("cancelled in the middle", -HOUR, [CANCELLED, DONE], {"cancelled_at": Now()}, "cancelled"),
    ("cancelled and a row re-run", -HOUR, [PENDING, DONE], {"cancelled_at": Now()}, "running"),
]


@pytest.mark.parametrize(
    ("hour", "states", "fields", "status"),
    [phase[1:] for phase in PHASES],
    ids=[phase[0] for phase in PHASES],
)
def test_the_status_of_a_batch_follows_from_its_rows(
    cast: Cast,
    hour: timedelta,
    states: list[State],
    fields: dict[str, Any],
    status: str,
) -> None:
    created = scheduled(cast, *(row() for _ in states))
    Batch.objects.update(scheduled_for=timezone.now() + hour, **fields)
    for index, state in enumerate(states):
        if state is not PENDING:
            put(created, index, state)
    batch = counted(batch_of(created))
    assert batch_status(batch, timezone.now()) == status
    ended = [state for state in states if state["status"] in ("done", "failed", "cancelled")]
    assert (batch.total, batch.finished) == (len(states), len(ended))
    assert batch.cancelled == states.count(CANCELLED)


def test_a_batch_without_a_schedule_is_running_from_the_start(cast: Cast) -> None:
    assert status_of(batch_of(create(cast.us.first, row()))) == BatchStatus.RUNNING


def test_a_batch_without_rows_is_completed(cast: Cast) -> None:
    batch = Batch.objects.create(team=cast.us.team, clinic=cast.us.first)
    assert (counted(batch).total, counted(batch).finished) == (0, 0)
    assert status_of(batch) == BatchStatus.COMPLETED


def test_the_counts_leave_children_and_other_batches_out(cast: Cast) -> None:
    created = create(cast.us.first, row(), row())
    create(cast.us.first, row())
    child = EligibilityTask.objects.get(pk=task_id(created, 1))
    EligibilityTask.objects.filter(pk=child.pk).update(parent=task_id(created, 0))
    put(created, 1, DONE)
    batch = counted(batch_of(created))
    assert (batch.total, batch.finished) == (1, 0)
    assert (batch.executed_at, batch.last_finished_at) == (None, None)


def test_the_times_of_a_batch_are_its_first_claim_and_its_last_end(cast: Cast) -> None:
    created = create(cast.us.first, row(), row(), row())
    noon: datetime = timezone.now()
    for index, (claimed, finished) in enumerate([(3, 9), (1, 5), (2, 7)]):
        EligibilityTask.objects.filter(pk=task_id(created, index)).update(
            first_claimed_at=noon + claimed * HOUR, finished_at=noon + finished * HOUR
        )
    batch = counted(batch_of(created))
    assert batch.executed_at == noon + HOUR
    assert batch.last_finished_at == noon + 9 * HOUR
