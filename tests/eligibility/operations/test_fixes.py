"""Correcting a row, running it again, and accepting what was rejected."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import F

from eligibility.choices import Failure, Outcome, Priority, Status
from eligibility.engine import invariants
from eligibility.models import Batch, Connection, EligibilityTask, TaskEvent, TaskRevision
from eligibility.operations import (
    FixStatus,
    cancel_tasks,
    create_tasks,
    discard_rejected,
    fix_rejected,
    fix_task,
    pause_batch,
    preview_retry,
    retry_tasks,
    row_of,
)
from eligibility.operations.fixes import BEING_ASKED
from portal.intake.fixing import CHANGED_MEANWHILE
from portal.models import RejectedRow, RowState, Submission
from tests.cast import Cast
from tests.eligibility.make_rows import make_row

pytestmark = pytest.mark.django_db

BAD = {"visit_type": "NONSENSE"}


def a_row(**fields: Any) -> dict[str, Any]:
    """A good row that repeats no other."""
    return make_row(**{"client_reference": ""} | fields)


def accept(cast: Cast, *rows: dict[str, Any], **options: Any) -> EligibilityTask:
    """Post rows and return the task of the first."""
    us = cast.us
    created = create_tasks(
        team=us.team, clinic=us.first, actor="a" * 24, rows=list(rows), **options
    )
    return EligibilityTask.objects.get(pk=str(created.entries[0].task_id))


def fail(task: EligibilityTask, failure: Failure = Failure.INPUT_INVALID) -> EligibilityTask:
    """Put a task where the engine would have left it."""
    EligibilityTask.objects.filter(pk=task.pk).update(
        status=Status.FAILED,
        failure=failure,
        review="needs_attention",
        run_at=None,
        finished_at=F("created_at"),
        version=F("version") + 1,
        failed_conversations=5,
    )
    TaskEvent.objects.create(task=task, before="pending", after="failed", actor="engine")
    task.refresh_from_db()
    return task


def broken() -> list[str]:
    """The promises that the database breaks now."""
    return [finding.invariant.promise for finding in invariants.check() if finding.count]


def test_a_fixed_row_goes_back_to_the_line_with_its_correction(cast: Cast) -> None:
    task = fail(accept(cast, a_row(id_type="CARDNUMBER", id_value="123")))
    fixed = fix_task(
        task=task, changes={"id_value": "456 789"}, version=task.version, actor="b" * 24
    )
    task.refresh_from_db()
    assert (fixed.status, fixed.changed) == (FixStatus.FIXED, ["id_value"])
    assert (task.status, task.failure, task.id_value) == (Status.PENDING, "", "456 789")
    assert task.id_key == "456789"
    assert task.request_dump["id_value"] == "123"
    assert (task.failed_conversations, task.priority) == (0, Priority.HIGH)
    assert task.run_at is not None
    revision = TaskRevision.objects.get(task=task)
    assert revision.changes == {"id_value": ["123", "456 789"]}
    assert (revision.number, revision.made_by) == (1, "b" * 24)
    assert not broken()


def test_an_old_version_is_a_conflict_and_changes_nothing(cast: Cast) -> None:
    task = fail(accept(cast, a_row()))
    first = fix_task(task=task, changes={"name": "A"}, version=task.version, actor="a" * 24)
    second = fix_task(task=task, changes={"name": "B"}, version=task.version, actor="b" * 24)
    task.refresh_from_db()
    assert first.status == FixStatus.FIXED
    assert (second.status, second.message) == (FixStatus.CONFLICT, CHANGED_MEANWHILE)
    assert task.name == "A"
    assert TaskRevision.objects.filter(task=task).count() == 1


def test_a_row_in_a_workers_hands_cannot_be_fixed(cast: Cast) -> None:
    task = accept(cast, a_row())
    EligibilityTask.objects.filter(pk=task.pk).update(
        status=Status.RUNNING, lease_until=F("created_at")
    )
    fixed = fix_task(task=task, changes={"name": "A"}, version=task.version, actor="a" * 24)
    assert (fixed.status, fixed.message) == (FixStatus.CONFLICT, BEING_ASKED)


def test_a_wrong_correction_comes_back_with_its_errors(cast: Cast) -> None:
    task = fail(accept(cast, a_row()))
    fixed = fix_task(task=task, changes=BAD, version=task.version, actor="a" * 24)
    task.refresh_from_db()
    assert fixed.status == FixStatus.REJECTED
    assert [issue.pointer for issue in fixed.errors] == ["/visit_type"]
    assert task.status == Status.FAILED


def test_a_correction_that_changes_nothing_says_so(cast: Cast) -> None:
    task = fail(accept(cast, a_row()))
    fixed = fix_task(task=task, changes=row_of(task), version=task.version, actor="a" * 24)
    assert fixed.status == FixStatus.UNCHANGED
    assert EligibilityTask.objects.get(pk=task.pk).status == Status.FAILED


def test_another_payer_leads_to_another_lane(cast: Cast) -> None:
    task = fail(accept(cast, a_row(tpa_name="TPA002")))
    fix_task(
        task=task,
        changes={"tpa_name": "TPA010", "visit_type": "OUTPATIENT"},
        version=task.version,
        actor="a" * 24,
    )
    task.refresh_from_db()
    assert task.payer.code == "TPA010"
    assert task.connection is not None
    assert task.connection.payer == task.payer


def test_a_fix_of_a_row_that_was_not_asked_yet_keeps_its_time(cast: Cast) -> None:
    task = accept(cast, a_row())
    run_at = task.run_at
    fix_task(task=task, changes={"name": "A"}, version=task.version, actor="a" * 24)
    task.refresh_from_db()
    assert (task.name, task.run_at, task.status) == ("A", run_at, Status.PENDING)


def test_only_rows_at_their_end_run_again_and_the_others_say_why(cast: Cast) -> None:
    failed = fail(accept(cast, a_row()))
    pending = accept(cast, a_row())
    both = EligibilityTask.objects.filter(pk__in=[failed.pk, pending.pk])
    assert preview_retry(tasks=both) == (moved := retry_tasks(tasks=both, actor="a" * 24))
    assert (moved.moved, dict(moved.stayed)) == (1, {"already in line": 1})
    failed.refresh_from_db()
    assert failed.status == Status.PENDING
    assert TaskEvent.objects.filter(task=failed, after="pending", note="re-run").count() == 1
    assert not broken()


def test_a_rerun_finds_the_connection_that_was_made_meanwhile(cast: Cast) -> None:
    own = Connection.objects.get(team=cast.us.team, payer__code="TPA002")
    Connection.objects.filter(pk=own.pk).update(is_active=False)
    task = accept(cast, a_row(tpa_name="TPA002"))
    assert task.connection_id is None
    fail(task, Failure.PAYER_UNSUPPORTED)
    Connection.objects.filter(pk=own.pk).update(is_active=True)
    retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="a" * 24)
    task.refresh_from_db()
    assert task.connection_id == own.pk


def test_a_rerun_inside_a_paused_batch_waits_for_the_batch(cast: Cast) -> None:
    task = accept(cast, a_row())
    assert task.batch is not None
    pause_batch(batch=task.batch)
    fail(task)
    retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="a" * 24)
    task.refresh_from_db()
    assert (task.status, task.run_at) == (Status.PENDING, None)
    assert not broken()


def test_only_rows_without_an_end_are_cancelled(cast: Cast) -> None:
    failed, pending = fail(accept(cast, a_row())), accept(cast, a_row())
    moved = cancel_tasks(
        tasks=EligibilityTask.objects.filter(pk__in=[failed.pk, pending.pk]), actor="a" * 24
    )
    assert (moved.moved, dict(moved.stayed)) == (1, {"already failed": 1})
    assert EligibilityTask.objects.get(pk=pending.pk).status == Status.CANCELLED
    assert not broken()


def rejected(cast: Cast, **fields: Any) -> RejectedRow:
    """One rejected row at line 1 of a request whose first row is good."""
    accept(cast, a_row(), a_row(**BAD, **fields))
    return RejectedRow.objects.get()


def raw_of(row: RejectedRow) -> dict[str, Any]:
    """The row as it came, which is an object here."""
    assert isinstance(row.raw, dict)
    return row.raw


def test_a_rejected_row_is_accepted_at_its_place(cast: Cast) -> None:
    row = rejected(cast, client_reference="R-1")
    fixed = fix_rejected(
        row=row, raw={**raw_of(row), "visit_type": "OUTPATIENT"}, version=1, actor="a" * 24
    )
    row.refresh_from_db()
    task = EligibilityTask.objects.get(pk=str(fixed.made_id))
    assert (fixed.status, row.state, row.accepted_as) == ("fixed", RowState.ACCEPTED, str(task.pk))
    assert (task.line, task.submission_id) == (1, row.submission_id)
    assert task.batch == Batch.objects.get()
    assert task.client_reference == "R-1"
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (2, 0)
    assert not broken()


def test_a_rejected_row_that_is_still_wrong_stays_open(cast: Cast) -> None:
    row = rejected(cast)
    fixed = fix_rejected(row=row, raw=raw_of(row), version=1, actor="a" * 24)
    row.refresh_from_db()
    assert (fixed.status, row.state, row.version) == (FixStatus.REJECTED, RowState.OPEN, 1)
    assert fixed.errors


def test_a_rejected_row_is_settled_once(cast: Cast) -> None:
    row = rejected(cast)
    good = {**raw_of(row), "visit_type": "OUTPATIENT"}
    first = fix_rejected(row=row, raw=good, version=1, actor="a" * 24)
    again = fix_rejected(row=row, raw=good, version=1, actor="a" * 24)
    assert (again.status, again.made_id) == (FixStatus.GONE, first.made_id)
    assert EligibilityTask.objects.count() == 2


def test_a_rejected_row_whose_reference_came_again_becomes_that_task(cast: Cast) -> None:
    row = rejected(cast, client_reference="R-1")
    good = {**raw_of(row), "visit_type": "OUTPATIENT"}
    RejectedRow.objects.filter(pk=row.pk).update(client_reference="")  # keeps it from being closed
    later = accept(cast, good)
    fixed = fix_rejected(row=row, raw=good, version=1, actor="a" * 24)
    assert fixed.made_id == str(later.pk)
    assert not broken()


def test_a_discarded_row_is_gone_for_good(cast: Cast) -> None:
    row = rejected(cast)
    assert discard_rejected(row=row, version=1).status == FixStatus.FIXED
    assert discard_rejected(row=row, version=1).status == FixStatus.CONFLICT
    assert fix_rejected(row=row, raw=a_row(), version=2, actor="a" * 24).status == FixStatus.GONE


def test_the_row_given_back_is_the_row_that_came(cast: Cast) -> None:
    sent = a_row(
        name="Someone", phone="0501234567", doctorName="DHA-P-1", referralCode="X1", dob="not known"
    )
    assert row_of(accept(cast, sent)) == {
        name: value for name, value in sent.items() if value not in ("", None, {})
    }


def test_an_outcome_that_was_doubtful_can_be_asked_again(cast: Cast) -> None:
    task = accept(cast, a_row())
    EligibilityTask.objects.filter(pk=task.pk).update(
        status=Status.DONE, outcome=Outcome.UNDETERMINED, finished_at=F("created_at")
    )
    moved = retry_tasks(tasks=EligibilityTask.objects.filter(pk=task.pk), actor="a" * 24)
    task.refresh_from_db()
    assert (moved.moved, task.status, task.outcome) == (1, Status.PENDING, "")
