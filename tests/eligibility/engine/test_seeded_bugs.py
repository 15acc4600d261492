"""Six bugs put in on purpose: for each there is a test that would not let it pass.

Every judgement runs twice, on the engine as it is and on the engine with the bug. Only what
fails the second time has proved that it can see.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction

from eligibility.choices import Failure, Status
from eligibility.connectors.base import Failed
from eligibility.engine import claim as claims
from eligibility.engine import drain as drains
from eligibility.engine import intents, leases
from eligibility.engine.finish import finish
from eligibility.engine.lane import states
from eligibility.models import Attempt, EligibilityTask
from eligibility.operations import cancel_batch, cancel_tasks
from tests.cast import Cast
from tests.eligibility.engine.helpers import (
    again,
    answered,
    claim,
    claim_one,
    drain_once,
    drain_until_done,
    end,
    in_thread,
    let_lease_end,
    make_batch,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.statements import rewritten
from tests.eligibility.operations.doing import create, row

pytestmark = pytest.mark.usefixtures("transactional_db", "breaks_promises")
Bug = Callable[[], AbstractContextManager[object]]
as_it_is: Bug = nullcontext
ROW_LOCKS = r" FOR UPDATE SKIP LOCKED"
LANE_LOCKS = r" FOR NO KEY UPDATE OF [cs] SKIP LOCKED"


@contextmanager
def without(pattern: str) -> Iterator[None]:
    """The statements without this part; LookupError when none of them has it any more."""
    with rewritten(pattern) as rewrote:
        yield
    if not rewrote.count:
        raise LookupError(pattern)


def judged(judge: Callable[[Bug], None], bug: Bug) -> None:
    """The judgement passes on the engine as it is, and does not with the bug."""
    judge(as_it_is)
    EligibilityTask.objects.all().delete()
    with pytest.raises(AssertionError):
        judge(bug)


# --- no fence ------------------------------------------------------------------------------------


def a_slow_worker_does_not_end_a_row_that_is_in_other_hands(bug: Bug) -> None:
    task = make_row(make_lane())
    slow = claim_one("slow:1")
    let_lease_end(task)
    quick = claim_after_its_lease("quick:2")
    with bug():
        end(slow, Failed(Failure.INTERNAL, "c", "m"))
    assert again(task).status == Status.RUNNING
    assert end(quick, answered()) == 1


def claim_after_its_lease(worker: str) -> claims.Claimed:
    """Give the row back and let another worker have it."""
    assert leases.return_expired() == 1
    return claim_one(worker)


def test_a_finish_without_its_fence_is_caught() -> None:
    judged(
        a_slow_worker_does_not_end_a_row_that_is_in_other_hands,
        lambda: without(r"AND t\.fence = (v\.f|\?2)"),
    )


# --- no intent row -------------------------------------------------------------------------------


class Killed(BaseException):
    """The worker's end, in the moment when it has its answers in hand."""


def a_row_whose_worker_was_killed_is_asked_once(payer: WatchedPayer) -> Callable[[Bug], None]:
    def judge(bug: Bug) -> None:
        task = make_row(make_lane(), "outcome=eligible")
        with bug():
            with pytest.raises(Killed), mock.patch.object(drains, "finish", killed_with_answers):
                drain_once(payer)
            let_lease_end(task)
            drain_until_done(payer)
        assert payer.kinds(task).count("submit") == 1

    return judge


def killed_with_answers(group: list[Any]) -> int:
    """Nothing is written of what was answered."""
    if group:
        raise Killed
    return 0


@contextmanager
def intent_after_the_call() -> Iterator[None]:
    """The attempt is written when the answer is there, and not before the call."""
    write = intents.write_intents

    def late_intents_then(group: list[Any]) -> int:
        late = [item.row for item in group if item.row.attempt_id is None]
        write(late, "host:1")
        return finish(group)

    with ExitStack() as bug:
        bug.enter_context(mock.patch.object(intents, "write_intents"))
        bug.enter_context(mock.patch.object(drains, "finish", late_intents_then))
        yield


def test_a_call_without_its_intent_is_caught(payer: WatchedPayer) -> None:
    judged(a_row_whose_worker_was_killed_is_asked_once(payer), intent_after_the_call)


# --- cancel only of queued rows ------------------------------------------------------------------


def every_row_of_a_cancelled_batch_is_cancelled(
    cancel: Callable[[Any], object],
) -> Callable[[Bug], None]:
    def judge(bug: Bug) -> None:
        lane = make_lane(max_in_flight=2)
        batch = make_batch(lane)
        rows = make_rows(lane, 4, batch=batch)
        running = claim()
        with bug():
            cancel(batch)
        for held in running:
            end(held, answered())
        assert {again(task).status for task in rows} == {Status.CANCELLED}
        assert Attempt.objects.filter(late=True, task__in=rows).count() == 2

    return judge


def queued_rows() -> Any:
    """The rows that a cancellation of queued rows knows."""
    return EligibilityTask.objects.filter(status=Status.PENDING)


CANCELS: list[tuple[Callable[[Any], object], Bug]] = [
    (
        lambda batch: cancel_batch(batch=batch, actor="somebody"),
        lambda: mock.patch("eligibility.operations.batches._unfinished", queued_rows),
    ),
    (
        lambda batch: cancel_tasks(tasks=batch.tasks.all(), actor="somebody"),
        lambda: mock.patch(
            "eligibility.operations.reruns.FINAL", frozenset(Status) - {Status.PENDING}
        ),
    ),
]


@pytest.mark.parametrize(("cancel", "bug"), CANCELS, ids=["batch", "rows"])
def test_a_cancellation_of_queued_rows_only_is_caught(
    cancel: Callable[[Any], object], bug: Bug
) -> None:
    judged(every_row_of_a_cancelled_batch_is_cancelled(cancel), bug)


# --- claim without lock --------------------------------------------------------------------------


def two_that_claim_at_once_share_no_row_and_no_slot(bug: Bug) -> None:
    """The first has claimed and not committed when the second one claims."""
    lane = make_lane(max_in_flight=1)
    states.ensure([lane.pk])  # whoever makes it is waited for, lock or not
    make_rows(lane, 2)
    second: list[claims.Claimed] = []

    def claim_too() -> None:
        with bug(), transaction.atomic():
            second.extend(claims.claim("two:2", most=1))

    with bug(), transaction.atomic():
        first = claims.claim("one:1", most=1)
        thread = in_thread(claim_too)
        wait_until_ended_or_blocked(thread)
    thread.join(30)

    assert not {row.task_id for row in first} & {row.task_id for row in second}
    assert EligibilityTask.objects.filter(status=Status.RUNNING).count() == 1


def wait_until_ended_or_blocked(thread: threading.Thread) -> None:
    """Until the thread has done its work, or waits for what this transaction holds."""
    ends_at = time.monotonic() + 30
    while thread.is_alive() and time.monotonic() < ends_at:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.005)
    assert not thread.is_alive()


@pytest.mark.postgres_only
@pytest.mark.parametrize(
    "locks", [LANE_LOCKS, f"{LANE_LOCKS}|{ROW_LOCKS}"], ids=["lane", "lane and rows"]
)
def test_a_claim_without_its_lock_is_caught(locks: str) -> None:
    judged(two_that_claim_at_once_share_no_row_and_no_slot, lambda: without(locks))


# --- finish without guard ------------------------------------------------------------------------


def an_answer_leaves_a_cancelled_row_alone(bug: Bug) -> None:
    task = make_row(make_lane())
    held = claim_one()
    cancel_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="somebody")
    with bug():
        end(held, answered())
    assert again(task).status == Status.CANCELLED
    assert Attempt.objects.get(task=task).late


def test_a_finish_without_its_guard_is_caught() -> None:
    judged(an_answer_leaves_a_cancelled_row_alone, lambda: without(r"AND t\.status = 'running'"))


# --- row replay without unique -------------------------------------------------------------------


def a_request_sent_twice_at_once_makes_its_row_once(cast: Cast) -> Callable[[Bug], None]:
    def send_too() -> None:
        create(cast.us.first, row("A-1"))

    def judge(bug: Bug) -> None:
        with bug():
            with transaction.atomic():
                create(cast.us.first, row("A-1"))
                thread = in_thread(send_too)
                wait_until_ended_or_blocked(thread)
            thread.join(30)
            stored = EligibilityTask.objects.filter(client_reference="A-1").count()
            EligibilityTask.objects.all().delete()
        assert stored == 1

    return judge


@contextmanager
def no_unique_reference_key() -> Iterator[None]:
    """The column as it would be without its constraint."""
    table = EligibilityTask._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = %s::regclass"
            " AND pg_get_constraintdef(oid) LIKE '%%(reference_key)%%'",
            [table],
        )
        ((name,),) = cursor.fetchall()
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" UNIQUE (reference_key)')


@pytest.mark.postgres_only  # SQLite lets one writer in at a time: there the lookup is enough
def test_a_replay_without_its_unique_column_is_caught(committed_cast: Cast) -> None:
    judged(a_request_sent_twice_at_once_makes_its_row_once(committed_cast), no_unique_reference_key)
