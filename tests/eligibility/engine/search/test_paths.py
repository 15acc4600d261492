"""Whatever happens to a search's paths, the search ends once and none of them outlives it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from eligibility.choices import Failure, Status
from eligibility.connectors.base import Failed, Pending
from eligibility.engine import claim as claims
from eligibility.engine import intents, invariants, leases
from eligibility.engine.search import paths, searches, sweep
from eligibility.engine.suspects import MOST_CRASHES
from eligibility.models import Attempt, Connection, EligibilityTask
from eligibility.operations import (
    cancel_batch,
    cancel_tasks,
    fix_task,
    pause_batch,
    resume_batch,
    retry_tasks,
)
from tests.eligibility.engine.helpers import (
    WORKER,
    again,
    answered,
    at_once,
    claim,
    drain_until_done,
    end,
    history,
    let_lease_end,
    make_batch,
    make_due,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.search.asking_around import (
    CODES,
    DOWN,
    NOBODY,
    YES,
    begun,
    make_lanes,
    make_search,
    paths_of,
    reply,
    said,
)

pytestmark = pytest.mark.django_db
WHOEVER = "a" * 24


def just(search: EligibilityTask) -> Any:
    """The search as a set of rows."""
    return EligibilityTask.objects.filter(pk=search.pk)


def broken() -> list[str]:
    """The promises that are not kept."""
    return [each.invariant.promise for each in invariants.check() if each.count]


def silent_for(lane: Connection, seconds: float) -> None:
    """Let the lane's rows have stood in line, and its last answer have been, so long ago."""
    EligibilityTask.objects.filter(connection=lane, run_at__isnull=False).update(
        run_at=timezone.now() - timedelta(seconds=seconds)
    )


class FailAt:
    """Lets the statement of this number fail."""

    def __init__(self, number: int) -> None:
        self.number, self.count = number, 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """One statement on its way to the database."""
        self.count += 1
        if self.count == self.number:
            raise RuntimeError("broken on purpose")
        return execute(sql, params, many, context)


# --- people ----------------------------------------------------------------------------------


def test_cancelling_a_search_cancels_its_paths() -> None:
    search = begun(make_lanes())
    (first, _) = claim()
    moved = cancel_tasks(tasks=just(search), actor=WHOEVER)
    assert moved.moved == 1
    assert set(said(search).values()) == {paths.CANCELLED}
    assert again(search).status == Status.CANCELLED
    assert end(first, YES) == 0
    assert history(search) == ["waiting", "cancelled"]
    assert broken() == []


def test_cancelling_a_search_that_has_not_begun_leaves_nothing_to_begin() -> None:
    search = make_search(make_lanes())
    cancel_tasks(tasks=just(search), actor=WHOEVER)
    assert searches.start_due() == 0
    assert paths_of(search) == []


def test_running_a_search_again_asks_everybody_anew_and_keeps_what_was_said() -> None:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=NOBODY, TPA002=DOWN)
    assert again(search).outcome == "partial"
    retry_tasks(tasks=just(search), actor=WHOEVER)
    assert searches.start_due() == 1
    assert said(search) == {"TPA001": "in line", "TPA002": "in line"}
    assert EligibilityTask.objects.filter(parent=search, search_round=1).count() == 2
    reply(TPA001=NOBODY, TPA002=NOBODY)
    assert again(search).outcome == "member_not_found"
    assert history(search) == ["waiting", "done", "pending", "waiting", "done"]
    assert broken() == []


def test_a_corrected_search_asks_all_payers_about_the_new_number() -> None:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=NOBODY, TPA002=NOBODY)
    fix_task(
        task=again(search),
        changes={"id_value": "CARD-77"},
        version=again(search).version,
        actor=WHOEVER,
    )
    assert searches.start_due() == 1
    assert {path.id_value for path in paths_of(search)} == {"CARD-77"}
    assert [row.query.id_value for row in claim()] == ["CARD-77", "CARD-77"]


def test_a_search_corrected_to_one_payer_is_an_ordinary_row_from_then_on() -> None:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=NOBODY, TPA002=NOBODY)
    fix_task(
        task=again(search),
        changes={"tpa_name": "TPA002"},
        version=again(search).version,
        actor=WHOEVER,
    )
    assert searches.start_due() == 0
    (row,) = claim()
    assert (row.task_id, row.search_id) == (search.pk, None)
    end(row, answered())
    assert again(search).outcome == "eligible"
    assert broken() == []


def test_a_search_that_is_being_asked_cannot_be_corrected_or_run_again() -> None:
    search = begun(make_lanes(CODES[:2]))
    stayed = retry_tasks(tasks=just(search), actor=WHOEVER)
    assert stayed.moved == 0
    fixed = fix_task(
        task=search, changes={"id_value": "X1"}, version=again(search).version, actor=WHOEVER
    )
    assert fixed.status == "conflict"


def test_a_paused_batch_asks_nobody_more_and_goes_on_where_it_stood() -> None:
    lanes = make_lanes()
    batch = make_batch(lanes[0])
    search = begun(lanes, batch=batch)
    (first, second) = claim()
    pause_batch(batch=batch)
    end(first, NOBODY)
    assert claim() == []
    assert said(search) == {
        "TPA001": "member_not_found", "TPA002": "running", "TPA003": "later", "TPA004": "later",
    }  # fmt: skip
    end(second, NOBODY)
    sweep.sweep()
    assert claim() == []
    assert broken() == []
    resume_batch(batch=batch)
    sweep.sweep()
    assert {row.query.payer for row in claim()} == {"TPA003", "TPA004"}


def test_a_path_that_is_retried_while_its_batch_is_paused_is_parked() -> None:
    lanes = make_lanes(CODES[:2])
    batch = make_batch(lanes[0])
    search = begun(lanes, batch=batch)
    (first, second) = claim()
    pause_batch(batch=batch)
    end([first, second], Failed(Failure.PAYER_UNAVAILABLE, "x", "Down."))
    assert said(search) == {"TPA001": "later", "TPA002": "later"}
    resume_batch(batch=batch)
    sweep.sweep()
    assert said(search) == {"TPA001": "in line", "TPA002": "in line"}


def test_a_batch_paused_before_its_searches_began_begins_none() -> None:
    lanes = make_lanes()
    batch = make_batch(lanes[0])
    search = make_search(lanes, batch=batch)
    pause_batch(batch=batch)
    assert searches.start_due() == 0
    resume_batch(batch=batch)
    assert searches.start_due() == 1
    assert again(search).status == Status.WAITING


def test_cancelling_a_batch_cancels_the_paths_of_its_searches() -> None:
    lanes = make_lanes()
    batch = make_batch(lanes[0])
    search = begun(lanes, batch=batch)
    assert cancel_batch(batch=batch, actor=WHOEVER) == 1
    assert set(said(search).values()) == {paths.CANCELLED}
    assert broken() == []


# --- the clock -------------------------------------------------------------------------------


def test_a_search_whose_paths_ended_unseen_is_closed_by_the_sweep() -> None:
    search = begun(make_lanes(CODES[:1]))
    path = paths_of(search)[0]
    for _ in range(MOST_CRASHES):
        with transaction.atomic():
            intents.write_intents(claims.claim(WORKER, most=9, crashes=again(path).crashes), WORKER)
        let_lease_end(path)
        leases.return_expired()
        make_due(path)
    assert (again(path).status, again(search).status) == ("failed", "waiting")
    make_due(search)
    sweep.sweep()
    assert (again(search).status, again(search).failure) == ("failed", "internal")
    assert broken() == []


def test_the_sweep_looks_again_later_and_changes_nothing_that_goes_well() -> None:
    search = begun(make_lanes())
    make_due(search)
    assert sweep.sweep() == 0
    next_look = again(search).run_at
    assert next_look is not None
    assert next_look > timezone.now() + timedelta(seconds=sweep.LOOK_EVERY / 2)
    assert sweep.sweep() == 0
    assert said(search)["TPA001"] == "in line"


def test_a_path_does_not_wait_for_a_lane_that_stands_still_for_ever() -> None:
    lanes = make_lanes(CODES[:2])
    search = begun(lanes)
    silent_for(lanes[0], 31)
    make_due(search)
    sweep.sweep()
    assert said(search) == {"TPA001": "payer_unavailable", "TPA002": "in line"}
    assert paths_of(search)[0].failure_message == sweep.HELD
    reply(TPA002=NOBODY)
    assert again(search).outcome == "partial"
    assert broken() == []


def test_a_conversation_in_a_lane_that_stands_still_is_closed_with_its_path() -> None:
    lanes = make_lanes(CODES[:1])
    search = begun(lanes)
    end(claim()[0], Pending("h", 1.0))
    silent_for(lanes[0], 31)
    make_due(search)
    sweep.sweep()
    assert again(search).failure == "payer_unavailable"
    assert Attempt.objects.get().state == "failed"
    assert broken() == []


def test_a_long_line_that_moves_fails_no_path() -> None:
    lanes = make_lanes(CODES[:1])
    earlier, search = make_search(lanes), make_search(lanes)
    searches.start_due()
    first, _ = claim()
    end(first, NOBODY)
    assert again(earlier).status == Status.DONE
    EligibilityTask.objects.filter(parent=search).update(
        status="pending", lease_until=None, run_at=timezone.now() - timedelta(seconds=31)
    )
    make_due(search)
    sweep.sweep()
    assert said(search) == {"TPA001": "in line"}


# --- at the same moment --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_payers_that_answer_at_the_same_moment_close_their_search_once() -> None:
    rounds = 8
    lanes = make_lanes(CODES[:2])
    for _ in range(rounds):
        search = begun(lanes)
        first, second = claim()
        at_once(partial(end, first, NOBODY), partial(end, second, NOBODY))
        assert again(search).outcome == "member_not_found"
        assert history(search) == ["waiting", "done"]


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_begin_a_search_once() -> None:
    search = make_search(make_lanes())
    at_once(searches.start_due, searches.start_due, sweep.sweep)
    assert len(paths_of(search)) == 4
    assert EligibilityTask.objects.filter(parent=search).count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_a_cancellation_at_the_same_moment_end_in_one_of_them() -> None:
    lanes = make_lanes(CODES[:2])
    for _ in range(6):
        search = begun(lanes)
        first, _ = claim()
        at_once(partial(end, first, YES), partial(cancel_tasks, tasks=just(search), actor=WHOEVER))
        assert len(history(search)) == 2
        assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_a_finish_that_is_rolled_back_leaves_the_search_as_it_was() -> None:
    search = begun(make_lanes(CODES[:2]))
    first, _ = claim()

    with transaction.atomic():
        end(first, YES)
        transaction.set_rollback(True)
    assert again(search).status == Status.WAITING
    assert said(search)["TPA001"] == "running"
    assert end(first, YES) == 1
    assert again(search).outcome == "eligible"


def test_every_statement_of_closing_may_fail_and_nothing_is_half_done() -> None:
    search = begun(make_lanes(CODES[:2]))
    first, _ = claim()
    for number in range(1, 40):
        fail_at = FailAt(number)
        try:
            with transaction.atomic(), connection.execute_wrapper(fail_at):
                end(first, YES)
        except RuntimeError:
            assert again(search).status == Status.WAITING
            assert broken() == []
        else:
            assert fail_at.count > 5
            assert again(search).outcome == "eligible"
            assert broken() == []
            return
    pytest.fail("closing took too many statements")


def test_searches_under_a_payer_that_fails_now_and_then_all_end(payer: WatchedPayer) -> None:
    lanes = make_lanes()
    made = [
        make_search(lanes, script)
        for script in ("500;times=1", "later=0.2;at=TPA002;outcome=eligible", "garbage", "")
        for _ in range(3)
    ]
    drain_until_done(payer, within=20)
    assert {again(search).status for search in made} <= {"done", "failed"}
    assert broken() == []
