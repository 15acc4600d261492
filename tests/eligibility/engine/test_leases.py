from __future__ import annotations

from collections.abc import Callable

import pytest

from eligibility.choices import Failure, Look, Outcome, Status
from eligibility.connectors.base import Failed, NotDelivered, Pending
from eligibility.engine import leases
from eligibility.engine.suspects import MOST_CRASHES
from eligibility.models import Attempt, EligibilityTask
from tests.eligibility.engine.helpers import (
    again,
    answered,
    claim,
    claim_one,
    drain_until_done,
    end,
    history,
    let_lease_end,
    make_due,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def task() -> EligibilityTask:
    return make_row(make_lane(), "outcome=eligible")


def test_a_lease_that_still_runs_is_left_alone(task: EligibilityTask) -> None:
    claim()

    assert leases.return_expired() == 0
    assert again(task).status == Status.RUNNING


def test_a_row_whose_lease_has_ended_is_asked_about_before_anything_else(
    task: EligibilityTask,
) -> None:
    claim()
    let_lease_end(task)

    assert leases.return_expired() == 1

    row = again(task)
    assert (row.status, row.look, row.crashes) == (Status.WAITING, Look.RECONCILE, 1)
    assert (row.worker, row.lease_until) == ("", None)
    assert (row.failed_conversations, row.fence) == (0, 1)
    assert Attempt.objects.get().state == "open"
    assert history(task) == ["running", "waiting"]
    assert claim_one().look is Look.RECONCILE


def test_a_row_that_was_being_polled_is_polled_again(task: EligibilityTask) -> None:
    end(claim_one(), Pending("h-1", 5.0))
    make_due(task)
    claim()
    let_lease_end(task)

    leases.return_expired()

    claimed = claim_one()
    assert (claimed.look, claimed.handle) == (Look.POLL, "h-1")


def test_a_row_without_an_open_conversation_goes_back_to_the_line(task: EligibilityTask) -> None:
    claim()
    Attempt.objects.update(state="failed", failure="timeout")
    let_lease_end(task)

    leases.return_expired()

    assert (again(task).status, again(task).look) == (Status.PENDING, "")
    assert claim_one().look is Look.NONE


def test_the_lost_row_of_a_payer_that_answered_is_not_submitted_again(
    payer: WatchedPayer, task: EligibilityTask
) -> None:
    """The worker died after its call had been answered: only the answer was lost."""
    drain_until_done(payer)
    EligibilityTask.objects.update(
        status="pending", outcome="", result=None, finished_at=None, run_at=task.run_at
    )
    task.events.all().delete()
    Attempt.objects.all().delete()
    claim()
    let_lease_end(task)

    drain_until_done(payer)

    assert again(task).outcome == Outcome.ELIGIBLE
    assert payer.kinds(task) == ["submit", "reconcile"]


def test_the_lost_row_of_a_payer_that_was_never_called_is_submitted(
    payer: WatchedPayer, task: EligibilityTask
) -> None:
    claim()
    let_lease_end(task)

    drain_until_done(payer)

    assert (again(task).outcome, again(task).failed_conversations) == (Outcome.ELIGIBLE, 0)
    assert payer.kinds(task) == ["reconcile", "submit"]


def test_a_row_that_has_cost_three_workers_is_failed(task: EligibilityTask) -> None:
    for crashes in range(1, MOST_CRASHES + 1):
        claim()
        let_lease_end(task)
        leases.return_expired()
        assert again(task).crashes == crashes

    row, attempt = again(task), Attempt.objects.get()
    assert (row.status, row.failure) == (Status.FAILED, Failure.INTERNAL)
    assert "three times" in row.failure_message
    assert row.review == "needs_attention"
    assert (attempt.state, attempt.failure, attempt.code) == ("failed", "internal", "crash")
    assert not claim()


def test_crashes_and_failed_conversations_are_counted_apart(task: EligibilityTask) -> None:
    claim()
    let_lease_end(task)
    leases.return_expired()
    end(claim_one(), Failed(Failure.PAYER_UNAVAILABLE, "c", "m"))
    make_due(task)
    end(claim_one(), NotDelivered())
    make_due(task)
    end(claim_one(), Failed(Failure.THROTTLED, "c", "m"))

    assert (again(task).crashes, again(task).failed_conversations) == (1, 2)


def test_more_rows_than_fit_in_one_statement_are_all_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leases, "_AT_ONCE", 4)
    rows = make_rows(make_lane(), 10)
    claim()
    for row in rows:
        let_lease_end(row)

    assert leases.return_expired() == 10
    assert {again(row).status for row in rows} == {Status.WAITING}


def hold(*workers: str) -> dict[str, EligibilityTask]:
    """A row in the hands of each of these workers."""
    lane = make_lane()
    held = {}
    for worker in workers:
        held[worker] = make_row(lane)
        claim_one(worker)
    return held


def held_after(held: dict[str, EligibilityTask], give_back: Callable[[], int]) -> set[str]:
    """The workers who still hold their row afterwards."""
    returned = give_back()
    left = {name for name, task in held.items() if again(task).status == Status.RUNNING}
    assert returned == len(held) - len(left)
    return left


def test_the_rows_of_dead_workers_come_back_before_their_leases_end() -> None:
    held = hold("host:1", "host:11", "host:2", "other:1")

    assert held_after(held, lambda: leases.return_of_dead(["host:1", "host:2"])) == {
        "host:11",
        "other:1",
    }


def test_nobody_dead_means_nothing_to_return() -> None:
    held = hold("host:1")

    assert held_after(held, lambda: leases.return_of_dead([])) == {"host:1"}


def test_a_host_that_has_ended_gives_back_its_own_rows_and_no_other_s() -> None:
    held = hold("my-host-1a:1", "my-host-1a:22", "my-host-1ab:1", "my-host-1:1", "MY-HOST-1A:1")

    assert held_after(held, lambda: leases.return_of_host("my-host-1a")) == {
        "my-host-1ab:1",
        "my-host-1:1",
        "MY-HOST-1A:1",
    }


@pytest.mark.parametrize("name", ["db_1", "db%", "%", "_", "back\\slash", ""])
def test_no_character_of_a_host_s_name_stands_for_another(name: str) -> None:
    held = hold(f"{name}:1", "dbx1:1", "dbx:1", "x:1", "backslash:1")

    assert held_after(held, lambda: leases.return_of_host(name)) == {
        "dbx1:1",
        "dbx:1",
        "x:1",
        "backslash:1",
    }


def test_whether_a_host_holds_a_row_is_known_of_that_host_only() -> None:
    hold("db_1:1")

    assert leases.held_by_host("db_1")
    assert not leases.held_by_host("dbx1")
    assert not leases.held_by_host("db")


def test_a_row_that_is_no_longer_running_is_nobody_s() -> None:
    make_row(make_lane())
    end(claim_one("host:1"), answered())

    assert leases.return_of_host("host") == 0
    assert leases.return_of_dead(["host:1"]) == 0
    assert not leases.held_by_host("host")
