from __future__ import annotations

from typing import Any

import pytest

from eligibility.models import EligibilityTask, TaskEvent
from eligibility.operations import discard_rows, retry_tasks, settle_tasks
from portal.models import AuditEvent, Clinic, RejectedRow
from tests.eligibility.operations.doing import ACTOR, bad, broken_promises, create, row
from tests.factories import make_clinic, make_portal, make_result, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic()


def doubtful(clinic: Clinic, outcome: str = "member_not_found", **fields: Any) -> EligibilityTask:
    task = make_task(clinic, **fields)
    make_result(task, outcome)
    EligibilityTask.objects.filter(pk=task.pk).update(review="needs_attention")
    return task


def failed(clinic: Clinic, failure: str = "input_invalid", **fields: Any) -> EligibilityTask:
    fields = {"status": "failed", "failure": failure, "review": "needs_attention"} | fields
    return make_task(clinic, **fields)


def everything() -> Any:
    return EligibilityTask.objects.all()


def reviews() -> set[str]:
    return set(everything().values_list("review", flat=True))


def test_a_doubtful_answer_is_accepted_and_keeps_its_outcome(clinic: Clinic) -> None:
    task = doubtful(clinic)
    moved = settle_tasks(tasks=everything(), actor=ACTOR)
    task.refresh_from_db()
    assert (moved.moved, task.review, task.outcome) == (1, "accepted", "member_not_found")
    assert task.version == 2


def test_a_failed_row_is_settled_elsewhere_and_keeps_its_failure(clinic: Clinic) -> None:
    task = failed(clinic)
    settle_tasks(tasks=everything(), actor=ACTOR)
    task.refresh_from_db()
    assert (task.review, task.status, task.failure) == ("resolved", "failed", "input_invalid")


def test_each_settled_row_has_an_event_and_an_entry_in_the_audit_log(clinic: Clinic) -> None:
    answered, unanswered = doubtful(clinic), failed(clinic)
    settle_tasks(tasks=everything(), actor=ACTOR)
    events = TaskEvent.objects.values_list("task", "before", "after", "actor", "note")
    assert set(events) == {
        (answered.pk, "done", "done", ACTOR, "accepted as it is"),
        (unanswered.pk, "failed", "failed", ACTOR, "settled elsewhere"),
    }
    assert set(AuditEvent.objects.values_list("object_id", "verb", "clinic")) == {
        (str(answered.pk), "accepted", clinic.pk),
        (str(unanswered.pk), "resolved", clinic.pk),
    }


def test_rows_that_need_nobody_stay_and_the_answer_says_why(clinic: Clinic) -> None:
    failed(clinic)
    make_task(clinic)
    moved = settle_tasks(tasks=everything(), actor=ACTOR)
    assert (moved.moved, sum(moved.stayed.values())) == (1, 1)
    again = settle_tasks(tasks=everything(), actor=ACTOR)
    assert (again.moved, sum(again.stayed.values())) == (0, 2)
    assert TaskEvent.objects.count() == 1
    assert reviews() == {"resolved", "none"}


def test_a_settled_row_that_is_run_again_may_need_attention_again(clinic: Clinic) -> None:
    failed(clinic)
    settle_tasks(tasks=everything(), actor=ACTOR)
    assert retry_tasks(tasks=everything(), actor=ACTOR).moved == 1
    assert reviews() == {"none"}


def test_settling_breaks_no_promise_about_rows(clinic: Clinic) -> None:
    doubtful(clinic)
    task = failed(clinic, finished_at=None)
    task.events.create(before="pending", after="failed", actor="engine")
    before = broken_promises()
    settle_tasks(tasks=everything().filter(pk=task.pk), actor=ACTOR)
    assert broken_promises() == before


def test_discarded_rows_leave_the_worklist_with_an_entry_in_the_audit_log() -> None:
    clinic, _ = make_portal()
    create(clinic, row("A"), bad("B"), bad("C"))
    moved = discard_rows(rows=RejectedRow.objects.all(), actor=ACTOR)
    assert moved.moved == 2
    assert set(RejectedRow.objects.values_list("state", "version")) == {("discarded", 2)}
    assert AuditEvent.objects.filter(verb="discarded", clinic=clinic).count() == 2
    assert broken_promises() == []


def test_a_row_is_discarded_once() -> None:
    clinic, _ = make_portal()
    create(clinic, row("A"), bad("B"))
    discard_rows(rows=RejectedRow.objects.all(), actor=ACTOR)
    again = discard_rows(rows=RejectedRow.objects.all(), actor=ACTOR)
    assert (again.moved, sum(again.stayed.values())) == (0, 1)
    assert AuditEvent.objects.count() == 1


def test_a_rejected_row_says_what_it_is_about_and_what_is_wrong() -> None:
    clinic, _ = make_portal()
    create(clinic, row("A"), bad("B"), row("C", visit_type="OUT"), None)
    found = RejectedRow.objects.order_by("line").values_list("topic", "cause")
    assert list(found) == [
        ("", "tpa_name.unknown/tpa_name"),
        ("TPA004", "visit_type.unknown/visit_type"),
        ("", "row.type"),
    ]


@pytest.mark.parametrize(("text", "cause"), [("\0", "text.unstorable"), ("x", "field.unknown")])
def test_names_that_a_sender_made_up_never_become_a_cause(text: str, cause: str) -> None:
    clinic, _ = make_portal()
    create(clinic, row("A"), row("B", **{"Ali Farouk": text}), profile="strict")
    assert [each.cause for each in RejectedRow.objects.all()] == [cause]
