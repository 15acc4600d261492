"""Attempts: one for each conversation, written down before anybody calls."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from eligibility.choices import AttemptState, Failure, Look, Status
from eligibility.connectors.base import Failed, NotDelivered, Pending
from eligibility.engine import intents
from eligibility.models import Attempt
from portal import objectid
from tests.eligibility.engine.helpers import (
    WORKER,
    again,
    claim,
    claim_one,
    end,
    make_due,
    make_lane,
    make_row,
)

pytestmark = pytest.mark.usefixtures("db")


def test_the_intent_is_written_with_the_claim() -> None:
    task = make_row(make_lane())

    claimed = claim_one()

    attempt = Attempt.objects.get()
    assert attempt.pk == claimed.attempt_id
    assert (attempt.task_id, attempt.number, attempt.fence) == (task.pk, 1, 1)
    assert (attempt.worker, attempt.state, attempt.looks) == (WORKER, AttemptState.OPEN, 1)


def test_a_conversation_that_failed_is_followed_by_the_next_number() -> None:
    task = make_row(make_lane())
    for _ in range(3):
        end(claim_one(), Failed(Failure.THROTTLED, "c", "m"))
        make_due(task)
    claim()

    attempts = Attempt.objects.order_by("number").values_list("number", "state", "failure")
    assert list(attempts) == [
        (1, "failed", "throttled"),
        (2, "failed", "throttled"),
        (3, "failed", "throttled"),
        (4, "open", ""),
    ]


def test_looks_belong_to_the_conversation_they_look_after() -> None:
    task = make_row(make_lane())
    first = claim_one()
    for looks in (2, 3):
        end(claim_one() if looks > 2 else first, Pending("h-1", 5.0))
        make_due(task)
    last = claim_one("other:2")

    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.looks, attempt.fence) == (1, 3, 3)
    assert (attempt.worker, last.attempt_id) == ("other:2", attempt.pk)
    assert (last.look, last.handle, last.before) == (Look.POLL, "h-1", Status.WAITING)


def test_the_moment_of_the_question_is_that_of_its_conversation_not_of_a_look() -> None:
    task = make_row(make_lane())
    end(claim_one(), Pending("h", 5.0))
    asked_at = again(task).asked_at
    make_due(task)
    end(claim_one(), Failed(Failure.TIMEOUT, "c", "m"))

    assert again(task).asked_at == asked_at


def test_a_waiting_row_whose_conversation_has_ended_begins_a_new_one() -> None:
    task = make_row(make_lane())
    end(claim_one(), Failed(Failure.TIMEOUT, "c", "m"))
    Attempt.objects.update(state=AttemptState.FAILED, failure=Failure.TIMEOUT)
    make_due(task)

    claimed = claim_one()

    assert claimed.look is Look.NONE
    assert list(Attempt.objects.order_by("number").values_list("number", "state")) == [
        (1, "failed"),
        (2, "open"),
    ]


def test_after_a_call_that_never_arrived_a_new_conversation_begins_at_once() -> None:
    task = make_row(make_lane())
    end(claim_one(), Failed(Failure.TIMEOUT, "c", "m"))
    make_due(task)
    end(claim_one(), NotDelivered())

    claimed = claim_one()

    assert (claimed.look, again(task).failed_conversations) == (Look.NONE, 1)
    assert list(Attempt.objects.order_by("number").values_list("state", "looks")) == [
        ("failed", 2),
        ("open", 1),
    ]


def test_a_second_conversation_of_the_same_number_is_refused() -> None:
    task = make_row(make_lane())
    claim()
    twin = Attempt.objects.get()
    twin.pk = objectid.new_uuid()

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
    assert task.attempts.count() == 1


def test_claiming_without_anything_due_is_nothing() -> None:
    make_lane()

    assert claim() == []
    with transaction.atomic():
        intents.write_intents([], WORKER)
    assert not Attempt.objects.exists()
