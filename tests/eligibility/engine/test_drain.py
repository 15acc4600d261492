"""A drain end to end: real rows, real calls over HTTP, every ending on purpose."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Failure, Outcome, Status
from eligibility.models import Attempt, Connection, EligibilityTask, Result
from tests.eligibility.engine.helpers import (
    again,
    drain_once,
    drain_until_done,
    history,
    make_due,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")
SOON_OVER: dict[str, Any] = {"max_conversations": 2, "deadline": 0.25}
ANSWERED_WITH = {
    Failure.INPUT_INVALID, Failure.IDENTITY_MISMATCH, Failure.PAYER_UNSUPPORTED,
    Failure.PROVIDER_NOT_ENROLLED, Failure.CREDENTIALS, Failure.INTERNAL,
}  # fmt: skip


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_had(payer: WatchedPayer, outcome: Outcome) -> None:
    task = make_row(make_lane(), f"outcome={outcome.value}")

    assert drain_once(payer) == 1

    row = again(task)
    assert (row.status, row.outcome) == (Status.DONE, outcome)
    assert row.result is not None
    assert "SYNTHETIC" in row.result.answer["remarks"][0]
    assert payer.kinds(task) == ["submit"]


@pytest.mark.parametrize("failure", sorted(ANSWERED_WITH))
def test_a_failure_that_no_repeat_heals_takes_one_call(
    payer: WatchedPayer, failure: Failure
) -> None:
    task = make_row(make_lane(), f"failure={failure.value}")

    drain_until_done(payer)

    assert (again(task).status, again(task).failure) == (Status.FAILED, failure)
    assert payer.kinds(task) == ["submit"]


@pytest.mark.parametrize(
    ("script", "failure", "calls"),
    [
        ("failure=throttled", Failure.THROTTLED, ["submit", "submit"]),
        ("failure=payer_unavailable", Failure.PAYER_UNAVAILABLE, ["submit", "submit"]),
        ("500", Failure.PAYER_UNAVAILABLE, ["submit", "submit"]),
        ("garbage", Failure.BAD_RESPONSE, ["submit", "submit"]),
        ("other_member", Failure.BAD_RESPONSE, ["submit", "submit"]),
        ("oversize", Failure.BAD_RESPONSE, ["submit", "submit"]),
        ("hang", Failure.TIMEOUT, ["submit", "reconcile", "submit"]),
        ("drip", Failure.TIMEOUT, ["submit", "reconcile", "submit"]),
    ],
)
def test_a_failure_that_may_pass_is_tried_again_until_its_conversations_are_used_up(
    payer: WatchedPayer, script: str, failure: Failure, calls: list[str]
) -> None:
    task = make_row(make_lane(**SOON_OVER), script)

    drain_until_done(payer)

    row = again(task)
    assert (row.status, row.failure, row.failed_conversations) == (Status.FAILED, failure, 2)
    assert payer.kinds(task) == calls
    assert set(Attempt.objects.values_list("state", "failure")) == {("failed", failure)}


@pytest.mark.parametrize(
    "script", ["failure=throttled", "failure=payer_unavailable", "500", "garbage"]
)
def test_a_failure_that_passes_ends_in_an_answer(payer: WatchedPayer, script: str) -> None:
    task = make_row(make_lane(), f"{script};times=1;outcome=eligible")

    drain_until_done(payer)

    assert (again(task).outcome, again(task).failed_conversations) == (Outcome.ELIGIBLE, 1)
    assert payer.kinds(task) == ["submit", "submit"]
    assert list(Attempt.objects.order_by("number").values_list("state", flat=True)) == [
        "failed",
        "answered",
    ]


def test_a_payer_that_names_a_time_is_left_in_peace_until_then(payer: WatchedPayer) -> None:
    task = make_row(make_lane(), "throttle=20;times=1")

    drain_once(payer)

    run_at = again(task).run_at
    assert run_at is not None
    assert 15 < (run_at - timezone.now()).total_seconds() < 25


def test_a_payer_that_is_not_there_makes_the_row_wait(payer: WatchedPayer, settings: Any) -> None:
    settings.OUTGOING_ALLOW = ["127.0.0.0/8"]
    task = make_row(make_lane(base_url="http://127.0.0.1:9", max_conversations=2))

    drain_until_done(payer)

    assert (again(task).failure, again(task).failed_conversations) == ("payer_unavailable", 2)
    assert set(Attempt.objects.values_list("code", flat=True)) == {"refused"}


def test_a_row_answered_later_is_polled_by_its_handle(payer: WatchedPayer) -> None:
    task = make_row(make_lane(), "later=0.3;outcome=not_eligible")
    drain_once(payer)
    waiting = again(task)
    assert (waiting.status, waiting.handle) == (Status.WAITING, waiting.handle)
    assert waiting.handle.startswith(str(task.pk))

    drain_until_done(payer)

    assert again(task).outcome == Outcome.NOT_ELIGIBLE
    assert payer.kinds(task) == ["submit", "poll"]
    assert Attempt.objects.get().looks == 2
    assert history(task) == ["running", "waiting", "running", "done"]


def test_a_row_that_the_payer_keeps_promising_is_given_up_in_time(payer: WatchedPayer) -> None:
    task = make_row(make_lane(give_up_after=0.5), "later=60")
    drain_once(payer)
    EligibilityTask.objects.update(
        first_claimed_at=timezone.now(), created_at=timezone.now() - timedelta(seconds=9)
    )
    time.sleep(0.6)
    make_due(task)

    drain_once(payer)

    assert (again(task).status, again(task).failure) == (Status.FAILED, Failure.TIMEOUT)


def test_an_answer_that_never_arrived_is_asked_for_and_not_submitted_twice(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(deadline=0.25), "lost;outcome=eligible")

    drain_until_done(payer)

    assert again(task).outcome == Outcome.ELIGIBLE
    assert payer.kinds(task) == ["submit", "reconcile"]
    assert Attempt.objects.get().looks == 2


def test_an_answer_cut_off_on_its_way_is_asked_for_and_not_submitted_twice(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(), "outcome=eligible")
    payer.cut.add(str(task.pk))

    drain_until_done(payer)

    assert not payer.cut
    assert again(task).outcome == Outcome.ELIGIBLE
    assert payer.kinds(task) == ["submit", "reconcile"]


def test_a_payer_that_only_ever_cuts_the_connection_is_one_that_cannot_be_reached(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(max_conversations=2), "refused")

    drain_until_done(payer)

    assert again(task).failure == Failure.PAYER_UNAVAILABLE
    assert payer.kinds(task) == ["submit", "reconcile", "submit"]


def test_a_call_that_took_too_long_is_found_when_the_payer_has_finished_it(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(deadline=0.3), "delay=500;outcome=eligible")

    drain_until_done(payer)

    assert again(task).outcome == Outcome.ELIGIBLE
    kinds = payer.kinds(task)
    assert kinds[0] == "submit"
    assert kinds.count("submit") == 1
    assert set(kinds[1:]) <= {"reconcile", "poll"}


def test_a_call_that_hung_and_is_not_known_to_the_payer_is_made_again(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(deadline=0.25), "hang;times=1;outcome=eligible")

    drain_until_done(payer)

    assert (again(task).outcome, again(task).failed_conversations) == (Outcome.ELIGIBLE, 1)
    assert payer.kinds(task) == ["submit", "reconcile", "submit"]


@pytest.mark.parametrize(
    ("id_type", "id_value"), [("EMIRATESID", "784-1986"), ("CARDNUMBER", "  ")]
)
def test_a_row_that_cannot_be_sent_fails_without_a_call(
    payer: WatchedPayer, id_type: str, id_value: str
) -> None:
    task = make_row(make_lane(), id_type=id_type, id_value=id_value)

    assert drain_once(payer) == 1

    row = again(task)
    assert (row.status, row.failure) == (Status.FAILED, Failure.INPUT_INVALID)
    assert row.failure_message
    assert payer.kinds(task) == []
    assert history(task) == ["failed"]
    assert not Attempt.objects.exists()


def test_many_rows_that_cannot_be_sent_are_all_failed_by_one_drain(payer: WatchedPayer) -> None:
    make_rows(make_lane(max_in_flight=2), 7, id_value=" ")

    assert drain_once(payer) == 7


@pytest.mark.parametrize(
    "broken",
    [
        {"connector": "unheard_of"},
        {"settings": {"no_such": 1}},
        {"settings": []},
        {"settings": {"default_script": "outcome=perhaps"}},
    ],
    ids=["connector", "setting", "list", "script"],
)
def test_a_connection_that_is_not_valid_fails_its_rows_and_stops_nobody_else(
    payer: WatchedPayer, broken: dict[str, Any]
) -> None:
    bad = make_row(make_lane(code="P1", **broken))
    good = make_row(make_lane(code="P2"), "outcome=eligible")

    drain_until_done(payer)

    assert (again(bad).status, again(bad).failure) == (Status.FAILED, Failure.INTERNAL)
    assert payer.kinds(bad) == []
    assert again(good).status == Status.DONE


def test_a_connection_that_has_become_invalid_fails_its_waiting_rows_with_their_conversation(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(), "later=60")
    drain_once(payer)
    Connection.objects.update(settings={"no_such": 1})
    make_due(task)

    drain_once(payer)

    assert (again(task).status, again(task).failure) == (Status.FAILED, Failure.INTERNAL)
    assert Attempt.objects.get().state == "failed"
    assert history(task) == ["running", "waiting", "running", "failed"]


def test_a_waiting_row_that_could_no_longer_be_sent_is_still_asked_about(
    payer: WatchedPayer,
) -> None:
    task = make_row(make_lane(), "later=0.2;outcome=eligible")
    drain_once(payer)
    EligibilityTask.objects.update(id_type="EMIRATESID")

    drain_until_done(payer)

    assert payer.kinds(task)[:2] == ["submit", "poll"]


def test_rows_of_one_clinic_s_answers_are_counted_and_stored_once(payer: WatchedPayer) -> None:
    make_rows(make_lane(), 60)

    assert drain_once(payer) >= 60
    drain_until_done(payer)

    done = EligibilityTask.objects.filter(status=Status.DONE)
    assert Result.objects.count() == done.count()
    assert set(Result.objects.values_list("pk")) == set(done.values_list("result"))
    assert EligibilityTask.objects.exclude(status__in=["done", "failed"]).count() == 0


def test_an_answer_that_cannot_be_read_is_asked_for_once_more_whatever_failed_before(
    payer: WatchedPayer,
) -> None:
    """Its class has a limit of two of its own kind."""
    task = make_row(make_lane(), "garbage", failed_conversations=2)

    drain_until_done(payer)

    assert (again(task).failure, again(task).failed_conversations) == (Failure.BAD_RESPONSE, 4)
    assert payer.kinds(task) == ["submit", "submit"]
