from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from eligibility.choices import TRANSITIONS, Failure, Look, Outcome, Review, Status
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Reply
from eligibility.engine import leases
from eligibility.engine.finish import finish
from eligibility.models import Attempt, Connection, EligibilityTask, Result, TaskEvent
from eligibility.results import Answer, Member
from tests.eligibility.engine.helpers import (
    again,
    answered,
    cancel,
    claim,
    claim_one,
    end,
    end_pause,
    finished,
    history,
    let_lease_end,
    make_batch,
    make_due,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("db")
THROTTLED = Failed(Failure.THROTTLED, "http_429", "Slow down.", raw={"status": 429})


@pytest.fixture
def task() -> EligibilityTask:
    return make_row(make_lane())


def seconds_until(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - datetime.now(UTC)).total_seconds()


def test_an_answer_is_kept_with_its_conversation_and_its_evidence(task: EligibilityTask) -> None:
    assert end(claim_one(), answered(Outcome.ELIGIBLE, {"status": "done"})) == 1

    row, result, attempt = again(task), Result.objects.get(), Attempt.objects.get()
    assert (row.status, row.outcome, row.failure, row.review) == ("done", "eligible", "", "none")
    assert (row.result_id, row.run_at, row.lease_until, row.worker) == (result.pk, None, None, "")
    assert row.finished_at is not None
    assert row.version == 2
    assert (result.task_id, result.attempt_id, result.outcome) == (task.pk, attempt.pk, "eligible")
    assert result.answer["payer_code"] == "TPA002"
    assert result.synthetic
    assert (attempt.state, attempt.late, attempt.raw) == ("answered", False, {"status": "done"})
    assert attempt.milliseconds is not None
    assert attempt.finished_at is not None
    assert history(task) == [Status.RUNNING, Status.DONE]


@pytest.mark.parametrize("outcome", [Outcome.MEMBER_NOT_FOUND, Outcome.UNDETERMINED])
def test_an_answer_that_needs_people_says_so(task: EligibilityTask, outcome: Outcome) -> None:
    end(claim_one(), answered(outcome))

    assert again(task).review == Review.NEEDS_ATTENTION


def test_a_final_failure_is_told_in_words_and_keeps_its_evidence(task: EligibilityTask) -> None:
    end(claim_one(), Failed(Failure.CREDENTIALS, "http_401", "Refused.", raw={"status": 401}))

    row, attempt = again(task), Attempt.objects.get()
    assert (row.status, row.failure, row.failure_message) == ("failed", "credentials", "Refused.")
    assert (row.review, row.failed_conversations) == (Review.NEEDS_ATTENTION, 1)
    assert (attempt.state, attempt.failure, attempt.code) == ("failed", "credentials", "http_401")
    assert (attempt.message, attempt.raw) == ("Refused.", {"status": 401})
    assert not Result.objects.exists()


def test_a_failure_that_passes_puts_the_row_back_in_line(task: EligibilityTask) -> None:
    end(claim_one(), Failed(Failure.THROTTLED, "c", "m", retry_after=20.0))

    row = again(task)
    assert (row.status, row.failure, row.failure_message) == ("pending", "", "")
    assert row.failed_conversations == 1
    assert 15 < seconds_until(row.run_at) < 25
    assert row.finished_at is None
    assert Attempt.objects.get().state == "failed"


def test_a_row_of_a_paused_batch_waits_until_it_is_resumed(task: EligibilityTask) -> None:
    batch = make_batch(Connection.objects.get(), paused_at=timezone.now())
    EligibilityTask.objects.update(batch=batch)
    claimed = claim_one()
    other = make_row(Connection.objects.get(), batch=make_batch(Connection.objects.get()))

    end([claimed, claim_one()], THROTTLED)

    assert (again(task).status, again(task).run_at) == ("pending", None)
    assert again(other).run_at is not None


def test_a_promise_keeps_the_conversation_open_and_what_is_known_so_far(
    task: EligibilityTask,
) -> None:
    end(claim_one(), Pending("h-1", 20.0, {"stage": "asked"}))

    row, attempt = again(task), Attempt.objects.get()
    assert (row.status, row.look, row.handle) == ("waiting", Look.POLL, "h-1")
    assert row.interim == {"stage": "asked"}
    assert 15 < seconds_until(row.run_at) < 25
    assert (attempt.state, attempt.milliseconds, row.failed_conversations) == ("open", None, 0)


def test_a_look_that_failed_keeps_the_handle_and_what_was_known(task: EligibilityTask) -> None:
    end(claim_one(), Pending("h-1", 1.0, {"stage": "asked"}))
    make_due(task)

    end(claim_one(), Failed(Failure.PAYER_UNAVAILABLE, "http_503", "Down."))

    row = again(task)
    assert (row.status, row.look, row.handle) == ("waiting", Look.POLL, "h-1")
    assert (row.interim, row.failed_conversations) == ({"stage": "asked"}, 1)
    assert Attempt.objects.get().state == "open"


def test_the_handle_of_an_earlier_conversation_is_forgotten(task: EligibilityTask) -> None:
    end(claim_one(), Pending("h-1", 1.0))
    make_due(task)
    end(claim_one(), answered())

    assert again(task).handle == ""


def test_a_conversation_is_as_long_as_from_its_first_call_to_its_answer(
    task: EligibilityTask,
) -> None:
    end(claim_one(), Pending("h-1", 1.0))
    Attempt.objects.update(started_at=timezone.now() - timedelta(seconds=90))
    make_due(task)
    end(claim_one(), answered())

    assert Attempt.objects.get().milliseconds == pytest.approx(90_000, abs=5_000)


def test_a_clock_that_was_set_back_makes_a_conversation_short_and_not_impossible(
    task: EligibilityTask,
) -> None:
    claimed = claim_one()
    Attempt.objects.update(started_at=timezone.now() + timedelta(hours=1))

    assert end(claimed, answered()) == 1
    attempt = Attempt.objects.get()
    assert (attempt.milliseconds, attempt.finished_at) == (0, attempt.started_at)


def test_each_row_of_a_group_gets_its_own_move() -> None:
    rows = make_rows(make_lane(), 5)
    claimed = {row.task_id: row for row in claim()}
    replies: list[Reply] = [
        answered(), THROTTLED, Pending("h", 1.0), Failed(Failure.TIMEOUT, "c", "m"),
        Failed(Failure.INTERNAL, "c", "m"),
    ]  # fmt: skip
    group = [finished(claimed[row.pk], reply) for row, reply in zip(rows, replies, strict=True)]

    with transaction.atomic():
        assert finish(list(reversed(group))) == 5

    assert [(again(row).status, again(row).look) for row in rows] == [
        ("done", ""), ("pending", ""), ("waiting", "poll"), ("waiting", "reconcile"),
        ("failed", ""),
    ]  # fmt: skip


def test_an_empty_group_is_nothing() -> None:
    assert end([], answered()) == 0


def test_a_row_whose_fence_has_risen_is_left_alone(task: EligibilityTask) -> None:
    claimed = claim_one()
    EligibilityTask.objects.update(fence=2)
    Attempt.objects.update(fence=2)
    before = again(task)

    assert end(claimed, THROTTLED) == 0

    assert vars(again(task)) | {"_state": None} == vars(before) | {"_state": None}
    assert Attempt.objects.get().state == "open"


POISON = "NUL \0, half \ud83d, all \U0001f600"


@pytest.mark.parametrize(
    "raw",
    [
        {"text": POISON, POISON: [POISON, {"deep": POISON}]},
        POISON,
        [float("nan"), float("inf")],
        10**4000,
        {"amount": Decimal("1.5")},
        {1: "a key that is no text"},
        b"bytes",
        [[[]] * 3] * 3,
    ],
    ids=["nul", "text", "nan", "number", "decimal", "key", "bytes", "lists"],
)
def test_evidence_that_no_database_takes_as_it_is_does_not_cost_the_answer(
    task: EligibilityTask, raw: Any
) -> None:
    assert end(claim_one(), answered(Outcome.ELIGIBLE, raw)) == 1

    assert again(task).status == Status.DONE
    assert Attempt.objects.get().raw is not None


def test_evidence_nested_without_an_end_does_not_cost_the_answer(task: EligibilityTask) -> None:
    raw: list[Any] = []
    raw.append(raw)

    assert end(claim_one(), answered(Outcome.ELIGIBLE, raw)) == 1


def test_poison_in_an_answer_and_in_a_failure_s_words_is_stored_as_visible_text(
    task: EligibilityTask,
) -> None:
    other = make_row(Connection.objects.get())
    first, second = sorted(claim(), key=lambda row: row.task_id != task.pk)
    reply = Done(Outcome.ELIGIBLE, Answer(member=Member(name=POISON), remarks=(POISON,)))

    end(first, reply)
    end(second, Failed(Failure.INTERNAL, POISON * 9, POISON * 99, raw=POISON))

    shown = "NUL \\u0000, half \\ud83d, all \U0001f600"
    assert Result.objects.get().answer["member"]["name"] == shown
    assert again(other).failure_message.startswith(shown)
    assert Attempt.objects.get(task=other).code.startswith(shown)


def test_every_move_leaves_one_event_and_is_a_lawful_one() -> None:
    """All the moves that the engine makes, seen as events; what people do is not among them."""
    lane = make_lane()
    every: list[Reply] = [
        answered(), THROTTLED, Pending("h", 1.0), Failed(Failure.TIMEOUT, "c", "m"),
        Failed(Failure.INTERNAL, "c", "m"), NotDelivered(),
    ]  # fmt: skip
    for first in every[:-1]:
        for second in every:
            task = make_row(lane)
            end_pause(lane.pk)
            end(claim_one(), first)
            make_due(task)
            if again(task).status in {Status.PENDING, Status.WAITING}:
                end(claim_one(), second)
            cancelled = EligibilityTask.objects.filter(status__in=["pending", "waiting"]).first()
            if cancelled:
                cancel(cancelled)
    for crashes in (0, 2):
        task = make_row(lane, crashes=crashes)
        end_pause(lane.pk)
        claim()
        let_lease_end(task)
        leases.return_expired()

    seen = set(TaskEvent.objects.values_list("before", "after").distinct())

    engine = {
        ("pending", "running"), ("waiting", "running"), ("running", "done"),
        ("running", "failed"), ("running", "waiting"), ("running", "pending"),
    }  # fmt: skip
    assert engine <= seen
    assert seen <= {(before, after) for before, allowed in TRANSITIONS.items() for after in allowed}
