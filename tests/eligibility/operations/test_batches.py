from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from eligibility.choices import BatchStatus
from eligibility.engine import lanes
from eligibility.models import DrainSlot, EligibilityTask, TaskEvent, WorkerHost
from eligibility.operations import (
    cancel_batch,
    pause_batch,
    resume_batch,
    run_batch,
)
from tests.cast import Cast
from tests.eligibility.operations.doing import broken_promises, create, row, task
from tests.eligibility.operations.phases import (
    CANCELLED,
    DONE,
    FAILED,
    HOUR,
    RUNNING,
    WAITING,
    State,
    batch_of,
    put,
    scheduled,
    status_of,
)

pytestmark = pytest.mark.django_db

ACTOR = "c" * 24


@pytest.fixture
def host() -> None:
    """A running `workers` command with free slots."""
    now = timezone.now()
    host = WorkerHost.objects.create(
        id="h", name="h", pid=1, workers=9, started_at=now, seen_at=now
    )
    DrainSlot.objects.bulk_create(DrainSlot(host=host, number=number) for number in range(8))


# --- run -----------------------------------------------------------------------------------------


def test_running_a_scheduled_batch_makes_its_rows_due_now(cast: Cast, host: None) -> None:
    created = scheduled(cast, row(), row())
    assert not lanes.any_due()
    assert run_batch(batch=batch_of(created)) == 2
    assert lanes.any_due()
    assert OrmQ.objects.count() == 1
    for index in (0, 1):
        made = task(created, index)
        assert made.run_at == made.not_before
        assert made.run_at is not None
        assert abs(made.run_at - timezone.now()) < timedelta(minutes=1)
    assert status_of(batch_of(created)) == BatchStatus.RUNNING


def test_running_it_again_moves_nothing(cast: Cast, host: None) -> None:
    batch = batch_of(scheduled(cast, row(), row()))
    run_batch(batch=batch)
    before = list(EligibilityTask.objects.order_by("pk").values())
    OrmQ.objects.all().delete()
    assert run_batch(batch=batch) == 0
    assert list(EligibilityTask.objects.order_by("pk").values()) == before
    assert OrmQ.objects.count() == 0


def test_a_row_that_is_due_keeps_its_place_in_line(cast: Cast) -> None:
    created = create(cast.us.first, row())
    earlier = timezone.now() - HOUR
    EligibilityTask.objects.update(run_at=earlier, not_before=earlier)
    assert run_batch(batch=batch_of(created)) == 0
    assert task(created).run_at == earlier


def test_running_moves_rows_with_an_hour_of_their_own_too(cast: Cast) -> None:
    later = (timezone.now() + 5 * HOUR).isoformat()
    created = scheduled(cast, row(scheduled_for=later), row())
    assert run_batch(batch=batch_of(created)) == 2


def test_running_leaves_rows_in_a_workers_or_the_payers_hands_alone(cast: Cast) -> None:
    states = [RUNNING, WAITING, DONE, FAILED, CANCELLED]
    created = scheduled(cast, *(row() for _ in range(6)))
    for index, state in enumerate(states):
        put(created, index, state)
    before = [task(created, index).run_at for index in range(5)]
    assert run_batch(batch=batch_of(created)) == 1
    assert [task(created, index).run_at for index in range(5)] == before
    assert task(created, 1).look == "poll"


def test_running_a_paused_batch_puts_it_back_in_line(cast: Cast) -> None:
    created = scheduled(cast)
    batch = batch_of(created)
    pause_batch(batch=batch)
    assert run_batch(batch=batch) == 1
    assert batch_of(created).paused_at is None
    assert status_of(batch) == BatchStatus.RUNNING
    assert lanes.any_due()


def test_running_another_batch_changes_nothing_here(cast: Cast) -> None:
    one, other = scheduled(cast), scheduled(cast)
    run_batch(batch=batch_of(one))
    assert status_of(batch_of(other)) == BatchStatus.SCHEDULED
    run_at = task(other).run_at
    assert run_at is not None
    assert run_at > timezone.now()


# --- pause and resume ----------------------------------------------------------------------------


def test_a_paused_batch_is_out_of_the_line_until_it_is_resumed(cast: Cast, host: None) -> None:
    created = create(cast.us.first, row(), row())
    batch = batch_of(created)
    assert pause_batch(batch=batch) == 2
    assert not lanes.any_due()
    assert status_of(batch) == BatchStatus.PAUSED
    OrmQ.objects.all().delete()
    assert resume_batch(batch=batch) == 2
    assert lanes.any_due()
    assert status_of(batch) == BatchStatus.RUNNING
    assert OrmQ.objects.count() == 1
    assert broken_promises() == []


def test_a_scheduled_batch_keeps_its_hour_over_a_pause(cast: Cast) -> None:
    own = timezone.now() + 5 * HOUR
    created = scheduled(cast, row(scheduled_for=own.isoformat()), row())
    batch = batch_of(created)
    assert pause_batch(batch=batch) == 2
    assert resume_batch(batch=batch) == 2
    assert task(created, 0).run_at == own
    assert task(created, 1).run_at == batch.scheduled_for
    assert status_of(batch) == BatchStatus.SCHEDULED


def test_a_batch_whose_hour_came_while_it_was_paused_is_due_when_resumed(cast: Cast) -> None:
    created = scheduled(cast)
    batch = batch_of(created)
    pause_batch(batch=batch)
    past = timezone.now() - HOUR
    EligibilityTask.objects.update(not_before=past)
    resume_batch(batch=batch)
    run_at = task(created).run_at
    assert run_at is not None
    assert run_at > past
    assert lanes.any_due()


def test_pausing_lets_what_was_asked_run_to_its_end(cast: Cast) -> None:
    created = create(cast.us.first, *(row() for _ in range(3)))
    put(created, 0, RUNNING)
    put(created, 1, WAITING)
    look_at = task(created, 1).run_at
    assert pause_batch(batch=batch_of(created)) == 1
    assert task(created, 0).status == "running"
    assert (task(created, 1).status, task(created, 1).run_at) == ("waiting", look_at)
    assert resume_batch(batch=batch_of(created)) == 1
    assert task(created, 1).run_at == look_at


def test_pausing_and_resuming_twice_does_it_once(cast: Cast) -> None:
    created = create(cast.us.first, row())
    batch = batch_of(created)
    assert resume_batch(batch=batch) == 0
    assert pause_batch(batch=batch) == 1
    paused_at = batch_of(created).paused_at
    assert pause_batch(batch=batch) == 0
    assert batch_of(created).paused_at == paused_at
    assert [resume_batch(batch=batch) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("end", [DONE, FAILED, CANCELLED])
def test_a_batch_that_has_ended_cannot_be_paused(cast: Cast, end: State) -> None:
    created = create(cast.us.first, row())
    put(created, 0, end)
    assert pause_batch(batch=batch_of(created)) == 0
    assert batch_of(created).paused_at is None


# --- cancel --------------------------------------------------------------------------------------


def test_cancelling_ends_every_row_that_has_not_ended(cast: Cast) -> None:
    created = create(cast.us.first, *(row() for _ in range(6)))
    states = [RUNNING, WAITING, DONE, FAILED, CANCELLED]
    for index, state in enumerate(states):
        put(created, index, state)
    assert cancel_batch(batch=batch_of(created), actor=ACTOR) == 3
    after = [task(created, index) for index in range(6)]
    assert [each.status for each in after] == [
        "cancelled", "cancelled", "done", "failed", "cancelled", "cancelled",
    ]  # fmt: skip
    for index in (0, 1, 5):
        each = after[index]
        left = (each.run_at, each.lease_until, each.worker, each.look, each.version)
        assert left == (None, None, "", "", 2)
        assert each.finished_at is not None
    events = TaskEvent.objects.order_by("task").values_list("before", "after", "actor")
    assert sorted(events) == [
        ("pending", "cancelled", ACTOR),
        ("running", "cancelled", ACTOR),
        ("waiting", "cancelled", ACTOR),
    ]
    assert status_of(batch_of(created)) == BatchStatus.CANCELLED


def test_cancelling_again_changes_nothing(cast: Cast) -> None:
    created = create(cast.us.first, row())
    cancel_batch(batch=batch_of(created), actor=ACTOR)
    first = batch_of(created).cancelled_at
    assert cancel_batch(batch=batch_of(created), actor=ACTOR) == 0
    assert batch_of(created).cancelled_at == first
    assert TaskEvent.objects.count() == 1
    assert broken_promises() == []


def test_a_completed_batch_stays_completed_when_somebody_cancels_it(cast: Cast) -> None:
    created = create(cast.us.first, row())
    put(created, 0, DONE)
    assert cancel_batch(batch=batch_of(created), actor=ACTOR) == 0
    assert batch_of(created).cancelled_at is None
    assert status_of(batch_of(created)) == BatchStatus.COMPLETED


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_cancelled_batch_cannot_be_brought_back_as_a_whole(cast: Cast, is_paused: bool) -> None:
    created = scheduled(cast)
    batch = batch_of(created)
    if is_paused:
        pause_batch(batch=batch)
    cancel_batch(batch=batch, actor=ACTOR)
    assert pause_batch(batch=batch) == 0
    assert resume_batch(batch=batch) == 0
    assert run_batch(batch=batch) == 0
    assert task(created).status == "cancelled"
    assert status_of(batch) == BatchStatus.CANCELLED
    assert batch_of(created).paused_at is None  # or a row re-run would be parked


def test_cancelling_leaves_other_batches_alone(cast: Cast) -> None:
    one, other = create(cast.us.first, row()), create(cast.us.first, row())
    cancel_batch(batch=batch_of(one), actor=ACTOR)
    assert task(other).status == "pending"
