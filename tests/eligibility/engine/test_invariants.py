"""Every promise, broken on purpose in the database: the command finds it and names the row."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eligibility.choices import Failure
from eligibility.connectors.base import Failed, Pending
from eligibility.engine import invariants, leases
from eligibility.engine.rows import add_events
from eligibility.models import Attempt, EligibilityTask, TaskEvent, TaskRevision
from eligibility.operations import retry_tasks
from portal.models import RejectedRow, Submission
from tests.eligibility.engine.breaks_of_repeats import (
    an_answer_of_rows_that_are_not_there,
    an_end_that_nobody_was_told_of,
    given_up_too_early,
    heard_without_an_answer,
    one_event_under_two_ids,
    one_key_twice,
    one_record_twice,
    one_reference_twice,
)
from tests.eligibility.engine.helpers import (
    answered,
    cancel,
    claim,
    claim_one,
    drain_until_done,
    end,
    make_batch,
    make_due,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.search.asking_around import (
    CODES,
    YES,
    begun,
    make_lanes,
    paths_of,
    reply,
)

pytestmark = pytest.mark.usefixtures("db")
Break = Callable[[], Any]


def report() -> tuple[dict[str, int], str]:
    """What the command says: offending rows by promise, and its whole text."""
    out = io.StringIO()
    try:
        call_command("check_invariants", stdout=out)
        code = 0
    except CommandError as error:
        code = error.returncode
    text = out.getvalue()
    broken = {finding.invariant.promise: finding.count for finding in invariants.check()}
    found = {promise: count for promise, count in broken.items() if count}
    assert code == (1 if found else 0)
    return found, text


def done_row() -> EligibilityTask:
    task = make_row(make_lane())
    end(claim_one(), answered())
    return task


def changed(task: EligibilityTask, **fields: Any) -> EligibilityTask:
    assert EligibilityTask.objects.filter(pk=task.pk).update(**fields) == 1
    return task


def with_attempt(task: EligibilityTask, **fields: Any) -> EligibilityTask:
    first = Attempt.objects.get(task=task)
    values = {"number": 2, "state": "answered", **fields}
    Attempt.objects.create(
        task=task, connection=first.connection, fence=first.fence, worker="w", **values
    )
    return task


def moved_without_an_event() -> EligibilityTask:
    return changed(make_row(make_lane()), status="cancelled", finished_at=timezone.now())


def moved_from_where_it_was_not() -> EligibilityTask:
    task = done_row()
    TaskEvent.objects.filter(task=task, after="running").delete()
    Attempt.objects.update(looks=0)
    return task


def ended_twice() -> EligibilityTask:
    task = done_row()
    add_events([(task.pk, "done", "failed", "engine", "")])
    return changed(task, status="failed", outcome="", failure="internal")


def lives_on_anothers_answer() -> EligibilityTask:
    """It says whose answer it has, and has its own."""
    lane = make_lane()
    asked, reused = make_row(lane), make_row(lane)
    end(claim(), answered())
    return changed(reused, reused_from=asked)


def called_more_often_than_claimed() -> EligibilityTask:
    task = done_row()
    Attempt.objects.update(looks=2)
    return task


def begun_twice_in_one_claim() -> EligibilityTask:
    task = make_row(make_lane())
    end(claim_one(), Failed(Failure.THROTTLED, "c", "m"))
    make_due(task)
    end(claim_one(), answered())
    Attempt.objects.update(fence=1)
    return task


def ahead_of_its_row() -> EligibilityTask:
    task = done_row()
    Attempt.objects.update(fence=7)
    return task


def ended_before_it_began() -> EligibilityTask:
    task = done_row()
    Attempt.objects.update(finished_at=timezone.now() - timedelta(days=1))
    return task


def failed_for_fewer_crashes() -> EligibilityTask:
    task = make_row(make_lane())
    for _ in range(3):
        claim()
        leases.return_of_dead(["host:1"])
    return changed(task, crashes=2)


def asked_twice_by_its_hour() -> EligibilityTask:
    lane = make_lane()
    batch = make_batch(lane, scheduled_for=timezone.now() - timedelta(hours=1))
    task = make_row(lane, batch=batch)
    end(claim_one(), answered())
    with_attempt(task)
    Attempt.objects.filter(number=1).update(state="open")
    return task


def looked_at_after_it_was_cancelled() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    cancel(task)
    Attempt.objects.update(looked_at=timezone.now() + timedelta(seconds=1))
    return task


def done_without_a_result() -> EligibilityTask:
    return changed(done_row(), result=None)


def done_without_an_end() -> EligibilityTask:
    return changed(done_row(), finished_at=None)


def in_line_but_finished() -> EligibilityTask:
    return changed(make_row(make_lane()), finished_at=timezone.now())


def out_of_line() -> EligibilityTask:
    return changed(make_row(make_lane()), run_at=None)


def out_of_line_in_a_batch_that_runs() -> EligibilityTask:
    lane = make_lane()
    return changed(make_row(lane, batch=make_batch(lane)), run_at=None)


def a_number_left_out() -> EligibilityTask:
    return with_attempt(done_row(), number=3)


def two_open_conversations() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    return with_attempt(task, state="open")


def an_open_conversation_before_the_last() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    return with_attempt(task, state="failed", failure="timeout")


def asked_again_after_an_answer() -> EligibilityTask:
    return with_attempt(done_row())


def an_open_conversation_of_a_done_row() -> EligibilityTask:
    task = done_row()
    Attempt.objects.update(state="open")
    return task


def running_without_an_intent() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    Attempt.objects.all().delete()
    return task


def running_in_other_hands() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    return changed(task, worker="somebody:1")


def running_under_another_fence() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    return changed(task, fence=7)


def asked_before_it_was_made() -> EligibilityTask:
    return changed(done_row(), created_at=timezone.now() + timedelta(days=1))


def alive_after_three_crashes() -> EligibilityTask:
    return changed(done_row(), crashes=3)


def asked_after_it_was_cancelled() -> EligibilityTask:
    task = make_row(make_lane())
    claim()
    cancel(task)
    later = timezone.now() + timedelta(seconds=1)
    Attempt.objects.update(started_at=later, looked_at=later)
    return task


def asked_before_its_time() -> EligibilityTask:
    return changed(done_row(), not_before=timezone.now() + timedelta(days=1))


def corrections_with_a_gap() -> EligibilityTask:
    task = make_row(make_lane())
    for number in (1, 3):
        TaskRevision.objects.create(task=task, number=number, changes={})
    return task


def a_submission_with_a_row_too_many() -> Submission:
    submission = make_submission(accepted=1)
    make_rows(make_lane(), 2, submission=submission)
    return submission


def a_submission_that_lost_a_rejected_row() -> Submission:
    submission = make_submission(rejected=2)
    RejectedRow.objects.create(submission=submission, line=0, raw={}, errors=[])
    return submission


def make_submission(accepted: int = 0, rejected: int = 0) -> Submission:
    team = make_lane(code=f"P{accepted}{rejected}").team
    return Submission.objects.create(
        team=team, kind="eligibility.tasks", source="api", total_rows=accepted + rejected,
        accepted_rows=accepted, rejected_rows=rejected,
    )  # fmt: skip


def ended_search() -> EligibilityTask:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=YES)
    search.refresh_from_db()
    assert search.status == "done"
    return search


def a_path_that_outlives_its_search() -> EligibilityTask:
    path = paths_of(ended_search())[1]
    return changed(path, status="pending", run_at=timezone.now(), finished_at=None)


def a_search_that_ended_twice() -> EligibilityTask:
    search = ended_search()
    add_events([(search.pk, "waiting", "done", "engine", "")])
    return search


def a_search_with_another_rows_answer() -> EligibilityTask:
    search = ended_search()
    other = make_row(make_lane(code="P8"))
    end(claim_one(), answered())
    other.refresh_from_db()
    return changed(search, result=other.result)


BREAKS: list[tuple[str, str, Break]] = [
    ("I1", "its last event put it", moved_without_an_event),
    ("I1", "follow one another", moved_from_where_it_was_not),
    ("I1", "follow one another", ended_twice),
    ("I1", "has its result", done_without_a_result),
    ("I1", "has its result", done_without_an_end),
    ("I1", "has its result", in_line_but_finished),
    ("I1", "its place in line", out_of_line),
    ("I1", "its place in line", out_of_line_in_a_batch_that_runs),
    ("I1", "a path that has not ended", a_path_that_outlives_its_search),
    ("I1", "a search ends once", a_search_that_ended_twice),
    ("I1", "one of its paths was told", a_search_with_another_rows_answer),
    ("I1", "a row that reuses an answer", lives_on_anothers_answer),
    ("I2", "numbered without a gap, and", a_number_left_out),
    ("I2", "only the last may be open", two_open_conversations),
    ("I2", "only the last may be open", an_open_conversation_before_the_last),
    ("I2", "as often as it was claimed", called_more_often_than_claimed),
    ("I2", "follows one that failed", asked_again_after_an_answer),
    ("I2", "no conversation left open", an_open_conversation_of_a_done_row),
    ("I3", "every accepted row", a_submission_with_a_row_too_many),
    ("I4", "rejected rows", a_submission_that_lost_a_rejected_row),
    ("I5", "corrections", corrections_with_a_gap),
    ("I6", "a reference and question", one_reference_twice),
    ("I6", "a practitioner has one record", one_record_twice),
    ("I6", "an Idempotency-Key has one POST", one_key_twice),
    ("I6", "a kept answer names", an_answer_of_rows_that_are_not_there),
    ("I7", "in the hands that hold", running_without_an_intent),
    ("I7", "in the hands that hold", running_in_other_hands),
    ("I7", "in the hands that hold", running_under_another_fence),
    ("I7", "begun in one claim", begun_twice_in_one_claim),
    ("I7", "ahead of its row", ahead_of_its_row),
    ("I8", "ended before it began", ended_before_it_began),
    ("I8", "before it was made", asked_before_it_was_made),
    ("I9", "three crashes", alive_after_three_crashes),
    ("I9", "failed for its crashes", failed_for_fewer_crashes),
    ("I10", "after its row was cancelled", asked_after_it_was_cancelled),
    ("I10", "after its row was cancelled", looked_at_after_it_was_cancelled),
    ("I11", "a row that ended while somebody listened", an_end_that_nobody_was_told_of),
    ("I11", "told under one id", one_event_under_two_ids),
    ("I11", "made only when it was answered 2xx", heard_without_an_answer),
    ("I11", "given up only after its last try", given_up_too_early),
    ("I12", "asked each row once", asked_twice_by_its_hour),
    ("I12", "before its time", asked_before_its_time),
]


@pytest.mark.parametrize(
    ("name", "promise", "break_it"), BREAKS, ids=[made.__name__ for *_, made in BREAKS]
)
def test_a_broken_promise_is_found_and_its_row_is_named(
    breaks_promises: None, name: str, promise: str, break_it: Break
) -> None:
    make_lane(code="P9")

    broken = break_it()

    found, text = report()
    (hit,) = [each for each in found if promise in each]
    assert found[hit] == 1
    assert re.search(rf"^{name} +BROKEN .*{re.escape(hit)}$", text, re.MULTILINE)
    named = str(broken.pk).replace("-", "")
    assert re.search(rf"^ +{named}$", text.replace("-", ""), re.MULTILINE)


def test_every_promise_is_broken_by_one_of_these_tests() -> None:
    for invariant in invariants.INVARIANTS:
        assert [
            made
            for name, promise, made in BREAKS
            if name == invariant.name and promise in invariant.promise
        ], invariant.promise


def test_a_database_in_which_much_has_happened_keeps_every_promise(payer: WatchedPayer) -> None:
    lane = make_lane()
    batch = make_batch(lane)
    make_rows(lane, 3, "outcome=eligible", batch=batch)
    make_rows(lane, 2, "500;times=1", batch=batch)
    make_rows(lane, 1, "garbage", batch=batch)
    make_rows(lane, 1, "later=0.2", batch=batch)
    make_rows(lane, 1, id_value=" ", batch=batch)
    drain_until_done(payer)
    retry_tasks(tasks=EligibilityTask.objects.filter(status="done"), actor="somebody")
    drain_until_done(payer)
    waiting = make_row(lane)
    end(claim_one(), Pending("h", 60.0))
    cancel(waiting)
    retried = make_row(lane)
    end(claim_one(), Failed(Failure.THROTTLED, "c", "m"))
    make_due(retried)
    claim()

    found, text = report()

    assert found == {}
    assert "BROKEN" not in text
    examined = {finding.invariant.promise: finding.examined for finding in invariants.check()}
    seen = [promise for promise, count in examined.items() if count]
    assert len(seen) >= 9, "the check of an empty table proves nothing"


def test_an_empty_database_keeps_every_promise_and_says_that_it_was_empty() -> None:
    found, text = report()

    assert found == {}
    assert text.count(" 0 examined") == len(invariants.INVARIANTS)


def test_a_long_list_of_offenders_is_cut_short(breaks_promises: None) -> None:
    make_rows(make_lane(), 25)
    EligibilityTask.objects.update(run_at=None)

    _, text = report()

    assert "… 5 more" in text
    assert len(re.findall(r"^ +[0-9a-f-]{32,36}$", text, re.MULTILINE)) == 20
