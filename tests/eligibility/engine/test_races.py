"""Two at the same row at the same moment: real threads, real connections, real commits."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from eligibility.choices import Failure, Status
from eligibility.connectors.base import Failed
from eligibility.engine import claim as claims
from eligibility.engine import intents, leases
from eligibility.engine.claim import Claimed
from eligibility.engine.finish import finish
from eligibility.models import Attempt, Batch, Connection, EligibilityTask, Result
from eligibility.operations import cancel_batch, resume_batch
from tests.eligibility.engine.helpers import (
    again,
    answered,
    at_once,
    claim,
    end,
    finished,
    in_thread,
    let_lease_end,
    make_batch,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("transactional_db")
ROUNDS = 12


def running(lane: Connection) -> int:
    return EligibilityTask.objects.filter(connection=lane, status=Status.RUNNING).count()


def test_two_workers_never_hold_a_row_nor_more_rows_than_the_lane_has_slots() -> None:
    lane = make_lane(max_in_flight=5)
    shared = 0
    for _ in range(ROUNDS):
        make_rows(lane, 8)
        got: dict[str, list[Claimed]] = {"one:1": [], "two:2": []}

        def work(name: str, got: dict[str, list[Claimed]] = got) -> None:
            for _ in range(4):
                with transaction.atomic():
                    claimed = claims.claim(name, most=1)
                    intents.write_intents(claimed, name)
                    assert running(lane) <= 5
                got[name] += claimed

        at_once(lambda: work("one:1"), lambda: work("two:2"))

        one, two = ({row.task_id for row in rows} for rows in got.values())
        assert not one & two
        assert running(lane) == len(one | two) <= 5
        shared += bool(one and two)
        end(got["one:1"] + got["two:2"], answered())
        end_the_rest()

    assert shared >= ROUNDS // 4, "the workers hardly ever met"
    assert not EligibilityTask.objects.exclude(status=Status.DONE).exists()
    numbers = Counter(Attempt.objects.values_list("task_id", flat=True))
    assert set(numbers.values()) == {1}


def end_the_rest() -> None:
    while rows := claim():
        end(rows, answered())


def test_a_lease_that_ends_while_its_answer_is_written_gives_the_row_one_fate() -> None:
    lane = make_lane()
    fates: Counter[str] = Counter()
    for _ in range(ROUNDS):
        rows = make_rows(lane, 6)
        claimed = claim()
        for row in rows:
            let_lease_end(row)

        at_once(partial(end, claimed, answered()), leases.return_expired)

        states = Counter(again(row).status for row in rows)
        assert set(states) <= {Status.DONE, Status.WAITING}
        assert Result.objects.filter(task__in=rows).count() == 6
        fates += states
        end_the_rest()
    assert fates.total() == 6 * ROUNDS


def test_a_batch_cancelled_while_its_answers_are_written_keeps_all_of_them() -> None:
    lane = make_lane(max_in_flight=40)
    late = 0
    for _ in range(ROUNDS // 2):
        batch = make_batch(lane)
        rows = make_rows(lane, 20, batch=batch)
        claimed = claim()

        def write(claimed: list[Claimed] = claimed) -> None:
            for row in claimed:
                end(row, answered())

        at_once(write, partial(cancel_batch, batch=batch, actor="somebody"))

        states = Counter(again(row).status for row in rows)
        assert set(states) <= {Status.DONE, Status.CANCELLED}
        assert Result.objects.filter(task__in=rows).count() == 20
        assert Attempt.objects.filter(task__in=rows, late=True).count() == states["cancelled"]
        late += bool(states["cancelled"])
    assert late, "no batch was ever cancelled in time"


def test_a_row_retried_while_its_batch_is_resumed_has_its_place_in_line() -> None:
    """Whoever retries it must not look at the pause before, and write after, the resumption."""
    lane = make_lane()
    batch = make_batch(lane)
    task = make_row(lane, batch=batch)
    claimed = claim()
    Batch.objects.update(paused_at=timezone.now())
    resumed = threading.Event()

    def resume() -> None:
        resume_batch(batch=batch)
        resumed.set()

    with transaction.atomic():
        finish([finished(row, Failed(Failure.THROTTLED, "c", "m")) for row in claimed])
        thread = in_thread(resume)
        resumed.wait(0.4)
    thread.join(30)

    assert resumed.is_set()
    assert (again(task).status, Batch.objects.get().paused_at) == (Status.PENDING, None)
    assert again(task).run_at is not None


def test_two_hosts_that_return_the_same_expired_rows_return_each_once() -> None:
    lane = make_lane(max_in_flight=50)
    for _ in range(ROUNDS // 2):
        rows = make_rows(lane, 20)
        claim()
        for row in rows:
            let_lease_end(row)
        returned: list[int] = []

        def give_back(returned: list[int] = returned) -> None:
            returned.append(leases.return_expired())

        at_once(give_back, give_back)

        assert sum(returned) == 20
        assert {again(row).crashes for row in rows} == {1}
        end_the_rest()
