"""One correction for many rejected or failed checks: tried, applied, taken back."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from eligibility.choices import Failure, Outcome, Status
from eligibility.models import Batch, EligibilityTask, TaskRevision
from eligibility.operations import fix_rejected, fix_task
from eligibility.operations.group_failed import FailedChecks
from eligibility.operations.group_rejected import ALREADY_ASKED, CHANGED_SINCE, RejectedChecks
from portal import groupfix
from portal.groupfix import (
    SUGGESTED,
    Applying,
    Cluster,
    apply_group_fix,
    clusters_of,
    kind_of,
    open_refs,
    preview_group_fix,
    undo_group_fix,
)
from portal.groupfix.rejected import CHANGED, SETTLED
from portal.groupfix.verbs import GONE, NOTHING_TO_CORRECT, UNDONE_ALREADY
from portal.models import AuditEvent, FixedRow, GroupFix, RejectedRow, RowState, Submission, Verb
from tests.cast import Cast, House
from tests.eligibility.operations.doing import ACTOR, broken_promises, create, failing_at, row
from tests.eligibility.operations.doing import task as task_of
from tests.factories import make_result

pytestmark = pytest.mark.django_db

REJECTED, FAILED = RejectedChecks.name, FailedChecks.name


def wrong(**fields: Any) -> dict[str, Any]:
    """A row whose visit type nobody knows."""
    return row(visit_type="DENTALL", **fields)


def reject(house: House, *rows: dict[str, Any]) -> list[RejectedRow]:
    """Bring these rows in beside a good one, and return those that were kept to be fixed."""
    create(house.first, row("GOOD"), *rows)
    return list(RejectedRow.objects.order_by("submission_id", "line"))


def cluster(value: Any = "DENTALL", pointer: str = "/visit_type", kind: str = REJECTED) -> Cluster:
    """The rows that are alike in this."""
    if kind == REJECTED:
        refs = open_refs(RejectedRow.objects.order_by("pk"))
    else:
        found = EligibilityTask.objects.filter(review="needs_attention")
        refs = [groupfix.Ref(*each) for each in found.values_list("pk", "version")]
    faults = clusters_of(kind_of(kind).hold(refs, lock=False))
    every = [each for fault in faults for each in fault.clusters]
    return next(e for e in every if (e.pattern, e.value) == (pointer, value))


def fix(house: House, found: Cluster, wanted: Any, kind: str = REJECTED) -> Applying:
    """Apply the correction."""
    return apply_group_fix(
        team=house.team,
        kind=kind,
        rows=found.refs,
        correction=found.correction(wanted),
        actor=house.operator.pk,
    )


def undo(house: House, applied: Applying) -> groupfix.Undone:
    """Take it back."""
    assert applied.fix is not None
    return undo_group_fix(fix=applied.fix, actor=house.operator.pk)


def fail(task: EligibilityTask, failure: Failure = Failure.INPUT_INVALID) -> EligibilityTask:
    """Put a task where the engine would have left it."""
    EligibilityTask.objects.filter(pk=task.pk).update(
        status=Status.FAILED,
        failure=failure,
        failure_message="as it is",
        review="needs_attention",
        run_at=None,
        first_claimed_at=F("created_at"),
        finished_at=timezone.now(),
        version=F("version") + 1,
    )
    task.events.create(before="pending", after="failed", actor="engine")
    task.refresh_from_db()
    return task


def failed(house: House, *rows: dict[str, Any]) -> list[EligibilityTask]:
    """Failed checks of these rows."""
    created = create(house.first, *rows)
    return [fail(task_of(created, index)) for index in range(len(rows))]


def states() -> list[str]:
    """What became of the rejected rows, in their order."""
    rows = RejectedRow.objects.order_by("submission_id", "line")
    return list(rows.values_list("state", flat=True))


def test_a_preview_counts_what_would_be_accepted_and_why_others_stay(cast: Cast) -> None:
    reject(cast.us, wrong(), wrong(), wrong(id_value=""))
    found = cluster()
    preview = preview_group_fix(
        kind=REJECTED, rows=found.refs, correction=found.correction("OUTPATIENT")
    )
    assert preview.fixed == 2
    assert list(preview.stayed.values()) == [1]
    assert "id_value" in next(iter(preview.stayed))
    assert states() == ["open"] * 3
    assert not GroupFix.objects.exists()


def test_every_row_is_accepted_at_its_own_line_and_none_is_lost(cast: Cast) -> None:
    rows = reject(cast.us, wrong(), wrong(id_value=""), wrong())
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    assert (applied.fixed, applied.stayed.total()) == (2, 1)
    assert states() == ["accepted", "open", "accepted"]
    for each in (rows[0], rows[2]):
        each.refresh_from_db()
        task = EligibilityTask.objects.get(pk=each.accepted_as)
        assert (task.line, task.visit_type) == (each.line, "OUTPATIENT")
        assert task.submission_id == each.submission_id
        assert dict(each.raw or {}) == wrong()
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (3, 1)
    assert not broken_promises()


def test_a_correction_and_its_undo_each_leave_one_audit_event_with_counts(cast: Cast) -> None:
    reject(cast.us, wrong(), wrong(), wrong(id_value=""))
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    undo(cast.us, applied)
    events = AuditEvent.objects.filter(verb__in=[Verb.FIXED, Verb.UNDONE]).order_by("at")
    assert [event.verb for event in events] == ["fixed", "undone"]
    assert [(e.details["rows"], e.details["stayed"]) for e in events] == [(2, 1), (2, 0)]
    assert "DENTALL" not in str([event.details for event in events])
    assert {event.actor_id for event in events} == {cast.us.operator.pk}


def test_undone_rows_are_open_as_they_were_and_their_checks_are_gone(cast: Cast) -> None:
    rows = reject(cast.us, wrong(), wrong())
    before = [(each.raw, each.errors) for each in rows]
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    assert EligibilityTask.objects.count() == 3
    undone = undo(cast.us, applied)
    assert (undone.undone, undone.stayed.total()) == (2, 0)
    rows = list(RejectedRow.objects.order_by("line"))
    assert [(each.raw, each.errors) for each in rows] == before
    assert {(each.state, each.accepted_as) for each in rows} == {("open", "")}
    assert EligibilityTask.objects.count() == 1
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (1, 2)
    assert not broken_promises()


def test_a_correction_that_was_taken_back_can_be_given_again(cast: Cast) -> None:
    reject(cast.us, wrong(), wrong())
    undo(cast.us, fix(cast.us, cluster(), "OUTPATIENT"))
    applied = fix(cast.us, cluster(), "INPATIENT")
    assert (applied.fixed, states()) == (2, ["accepted", "accepted"])


def test_an_undo_leaves_what_a_payer_was_asked_about_and_what_somebody_changed(
    cast: Cast,
) -> None:
    reject(cast.us, wrong(), wrong(), wrong())
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    asked, changed, free = EligibilityTask.objects.filter(line__gt=0).order_by("line")
    EligibilityTask.objects.filter(pk=asked.pk).update(first_claimed_at=timezone.now())
    fix_task(task=changed, changes={"name": "B"}, version=changed.version, actor=ACTOR)
    undone = undo(cast.us, applied)
    assert undone.undone == 1
    assert undone.stayed == {ALREADY_ASKED: 1, CHANGED_SINCE: 1}
    assert states() == ["accepted", "accepted", "open"]
    assert not EligibilityTask.objects.filter(pk=free.pk).exists()
    assert not broken_promises()


def test_an_undo_happens_once(cast: Cast) -> None:
    reject(cast.us, wrong())
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    assert undo(cast.us, applied).undone == 1
    again = undo(cast.us, applied)
    assert (again.undone, again.stayed) == (0, {UNDONE_ALREADY: 1})


def test_a_batch_that_began_with_the_fix_goes_with_it(cast: Cast) -> None:
    create(cast.us.first, wrong(), wrong(), source=Submission.Source.FILE.value)
    assert not Batch.objects.exists()
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    assert Batch.objects.count() == 1
    undo(cast.us, applied)
    assert not Batch.objects.exists()


def test_a_row_that_became_an_earlier_check_leaves_that_one_alone_when_undone(cast: Cast) -> None:
    create(cast.us.first, row("R1"))
    reject(cast.us, wrong(client_reference="R1"))
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    same = RejectedRow.objects.get().accepted_as
    assert undo(cast.us, applied).undone == 1
    assert EligibilityTask.objects.filter(pk=same).exists()
    assert states() == ["open"]


def test_rows_that_others_touched_meanwhile_are_left_and_said(cast: Cast) -> None:
    first, second, third, fourth = reject(cast.us, wrong(), wrong(), wrong(), wrong())
    found = cluster()
    fix_rejected(row=first, raw=row(), version=first.version, actor=ACTOR)
    RejectedRow.objects.filter(pk=second.pk).update(version=F("version") + 1)
    third.delete()
    applied = fix(cast.us, found, "OUTPATIENT")
    assert applied.fixed == 1
    assert applied.stayed == {SETTLED: 1, CHANGED: 1, GONE: 1}
    fourth.refresh_from_db()
    assert fourth.state == RowState.ACCEPTED


def test_each_row_can_take_its_own_suggestion(cast: Cast) -> None:
    reject(cast.us, row(id_type="EMIRATES ID"), row(id_type="PASPORT"), row(id_type=1))
    refs = open_refs(RejectedRow.objects.order_by("pk"))
    faults = clusters_of(kind_of(REJECTED).hold(refs, lock=False))
    whole = next(fault.whole for fault in faults if fault.whole.code == "id_type.unknown")
    assert (len(whole.refs), whole.suggested) == (2, 2)
    assert fix(cast.us, replace(whole, refs=refs), SUGGESTED).stayed == {NOTHING_TO_CORRECT: 1}
    tasks = EligibilityTask.objects.filter(line__gt=0)
    assert {task.id_type for task in tasks} == {"EMIRATESID"}


def test_a_correction_that_helps_no_row_writes_nothing(cast: Cast) -> None:
    reject(cast.us, wrong(), wrong())
    applied = fix(cast.us, cluster(), "NONSENSE")
    assert (applied.fix, applied.fixed, applied.stayed.total()) == (None, 0, 2)
    assert not FixedRow.objects.exists()
    assert states() == ["open", "open"]


def test_what_a_row_says_is_stored_in_no_column_that_rows_are_found_by(cast: Cast) -> None:
    reject(cast.us, wrong())
    fix(cast.us, cluster(), "OUTPATIENT")
    stored = GroupFix.objects.values_list("cause", "kind").get()
    assert stored == ("visit_type.unknown/visit_type", REJECTED)


def test_a_row_with_a_reference_is_accepted_and_taken_back_like_any_other(cast: Cast) -> None:
    reject(cast.us, wrong(client_reference="R1"), wrong(client_reference="R2"))
    applied = fix(cast.us, cluster(), "OUTPATIENT")
    assert states() == ["accepted", "accepted"]
    assert undo(cast.us, applied).undone == 2
    assert states() == ["open", "open"]
    assert fix(cast.us, cluster(), "OUTPATIENT").fixed == 2
    assert not broken_promises()


def test_many_rows_cost_as_many_queries_as_few(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    reject(cast.us, *(wrong() for _ in range(120)))
    found = cluster()
    with django_assert_max_num_queries(45):
        assert fix(cast.us, found, "OUTPATIENT").fixed == 120


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [3, 8, 12, 16])
def test_a_failure_in_the_middle_leaves_all_rows_open(committed_cast: Cast, number: int) -> None:
    reject(committed_cast.us, wrong(), wrong())
    found = cluster()
    with failing_at(number) as ran, pytest.raises(Exception):  # noqa: B017, PT011
        fix(committed_cast.us, found, "OUTPATIENT")
    assert ran[0] >= number
    assert states() == ["open", "open"]
    assert not GroupFix.objects.exists()
    assert EligibilityTask.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_who_fix_the_same_group_at_once_make_each_check_once(
    committed_cast: Cast,
) -> None:
    reject(committed_cast.us, *(wrong() for _ in range(20)))
    found, answers = cluster(), []
    start = threading.Barrier(2)

    def work() -> None:
        try:
            start.wait(30)
            answers.append(fix(committed_cast.us, found, "OUTPATIENT"))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.fixed for answer in answers) == [0, 20]
    assert sum(answer.stayed.total() for answer in answers) == 20
    assert EligibilityTask.objects.count() == 21
    assert not broken_promises()


# --- failed and doubtful checks ------------------------------------------------------------------


def test_failed_checks_that_are_alike_are_corrected_together_and_asked_again(cast: Cast) -> None:
    failed(cast.us, row(visit_type="INPATIENT"), row(visit_type="INPATIENT"), row())
    found = cluster("INPATIENT", kind=FAILED)
    applied = fix(cast.us, found, "OUTPATIENT", kind=FAILED)
    assert applied.fixed == 2
    tasks = EligibilityTask.objects.filter(status=Status.PENDING)
    assert {task.visit_type for task in tasks} == {"OUTPATIENT"}
    assert [r.changes for r in TaskRevision.objects.all()] == [
        {"visit_type": ["INPATIENT", "OUTPATIENT"]}
    ] * 2
    assert not broken_promises()


def test_a_missing_field_can_be_filled_in_for_all(cast: Cast) -> None:
    tasks = failed(cast.us, row(doctorName=""), row(doctorName=""))
    found = cluster(None, "/doctorName", kind=FAILED)
    assert fix(cast.us, found, "DHA-P-0123456", kind=FAILED).fixed == 2
    tasks[0].refresh_from_db()
    assert tasks[0].doctor_name == "DHA-P-0123456"


def test_a_correction_of_checks_taken_back_gives_question_and_failure_back(cast: Cast) -> None:
    (task,) = failed(cast.us, row(visit_type="INPATIENT"))
    before: dict[str, Any] = dict(EligibilityTask.objects.filter(pk=task.pk).values().get())
    applied = fix(cast.us, cluster("INPATIENT", kind=FAILED), "OUTPATIENT", kind=FAILED)
    undone = undo(cast.us, applied)
    after: dict[str, Any] = dict(EligibilityTask.objects.filter(pk=task.pk).values().get())
    moved = {name for name in before if before[name] != after[name]}
    assert (undone.undone, moved) == (1, {"version", "updated_at"})
    assert after["version"] > before["version"]
    changes = TaskRevision.objects.order_by("number").values_list("changes", flat=True)
    assert list(changes) == [
        {"visit_type": ["INPATIENT", "OUTPATIENT"]},
        {"visit_type": ["OUTPATIENT", "INPATIENT"]},
    ]
    assert not broken_promises()


def test_a_doubtful_answer_comes_back_with_its_result(cast: Cast) -> None:
    (task,) = failed(cast.us, row(visit_type="INPATIENT"))
    EligibilityTask.objects.filter(pk=task.pk).update(failure="", status=Status.PENDING)
    result = make_result(task, Outcome.MEMBER_NOT_FOUND)
    moves = [("failed", "pending"), ("pending", "running"), ("running", "done")]
    for before, after in moves:
        task.events.create(before=before, after=after, actor="engine")
    EligibilityTask.objects.filter(pk=task.pk).update(fence=1)
    applied = fix(cast.us, cluster("INPATIENT", kind=FAILED), "OUTPATIENT", kind=FAILED)
    assert undo(cast.us, applied).undone == 1
    task.refresh_from_db()
    assert (task.status, task.outcome, task.result_id) == ("done", "member_not_found", result.pk)
    assert task.review == "needs_attention"
    assert not broken_promises()


def test_a_check_that_a_worker_has_taken_is_not_taken_back(cast: Cast) -> None:
    failed(cast.us, row(visit_type="INPATIENT"))
    applied = fix(cast.us, cluster("INPATIENT", kind=FAILED), "OUTPATIENT", kind=FAILED)
    EligibilityTask.objects.update(first_claimed_at=timezone.now())
    undone = undo(cast.us, applied)
    assert (undone.undone, undone.stayed) == (0, {ALREADY_ASKED: 1})
    assert EligibilityTask.objects.get().visit_type == "OUTPATIENT"


def test_checks_that_others_corrected_meanwhile_are_left_and_said(cast: Cast) -> None:
    first, _ = failed(cast.us, row(visit_type="INPATIENT"), row(visit_type="INPATIENT"))
    found = cluster("INPATIENT", kind=FAILED)
    fix_task(task=first, changes={"name": "B"}, version=first.version, actor=ACTOR, rerun=False)
    applied = fix(cast.us, found, "OUTPATIENT", kind=FAILED)
    assert (applied.fixed, applied.stayed) == (1, {CHANGED: 1})


def test_many_checks_cost_as_many_queries_as_few(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    create(cast.us.first, *(row(visit_type="INPATIENT") for _ in range(120)))
    EligibilityTask.objects.update(
        status=Status.FAILED,
        failure="input_invalid",
        review="needs_attention",
        run_at=None,
        finished_at=timezone.now(),
    )
    found = cluster("INPATIENT", kind=FAILED)
    with django_assert_max_num_queries(30):
        applied = fix(cast.us, found, "OUTPATIENT", kind=FAILED)
    assert applied.fixed == 120
    with django_assert_max_num_queries(20):
        assert undo(cast.us, applied).undone == 120
