"""The results of a batch as a file: one row a check, in the words of the front-desk card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from django.db.models import Exists, OuterRef
from django.utils import timezone

from eligibility.choices import Outcome, Status
from eligibility.files.appointments import APPOINTMENT
from eligibility.files.export import ROWS_AT_ONCE, Outgoing, Values
from eligibility.models import Batch, EligibilityTask, Result, TaskRevision
from eligibility.presentation.card import Asked, Card, Given, front_desk_card
from eligibility.presentation.failures import explain
from eligibility.results import told
from portal import moments

_QUESTION: Final = (
    *("line", "client_reference", APPOINTMENT, "name", "dob", "phone", "id_type", "id_value"),
    *("payer", "payer_name", "visit_type", "service_date"),
)
_ANSWER: Final = (
    *("status", "outcome", "what_to_do", "valid_on_the_day", "member_name", "plan"),
    *("policy_start", "policy_end", "network", "patient_pays", "pre_approval"),
    *("warnings", "answered_at", "answered_by", "reused", "task_id"),
)
RESULT_COLUMNS: Final = (*_QUESTION, *_ANSWER)
"""Identifiers are written out: who may export sees them, and the export is logged."""

_YES_NO: Final = {True: "yes", False: "no", None: ""}


def results(batch: Batch) -> Outgoing:
    """Every check of the batch by line, answered or not. Times are the clinic's."""
    tasks = EligibilityTask.objects.filter(batch=batch, parent=None)
    now, zone = timezone.now(), batch.clinic.zone
    corrections = TaskRevision.objects.filter(task=OuterRef("pk"))
    since = corrections.filter(made_at__gt=OuterRef("result__created_at"))
    # Yes prevails over no, so a no that came after it is what contradicts an answer.
    noes = Result.objects.filter(task=OuterRef("pk"), outcome=Outcome.NOT_ELIGIBLE)
    later = noes.filter(created_at__gt=OuterRef("result__created_at"), attempt__late=False)
    chosen = tasks.select_related("payer", "result").annotate(
        corrected=Exists(since), denied=Exists(later)
    )
    chosen = chosen.order_by("line", "pk")
    rows = (_row(task, now, zone) for task in chosen.iterator(ROWS_AT_ONCE))
    return Outgoing(RESULT_COLUMNS, rows, tasks.count())


def _row(task: EligibilityTask, now: datetime, zone: tzinfo) -> Values:
    return (*_question(task), *_answer(task, now, zone), task.pk)


def _question(task: EligibilityTask) -> Values:
    dump = task.request_dump if isinstance(task.request_dump, dict) else {}
    return (
        *(task.line, task.client_reference, dump.get(APPOINTMENT), task.name, task.dob),
        *(task.phone, task.id_type, task.id_value, task.payer.code, task.payer.name),
        *(task.visit_type, task.service_date),
    )


def _answer(task: Any, now: datetime, zone: tzinfo) -> Values:
    result = task.result
    if result is None or not _is_known(task):
        return (_status(task), "", _advice(task), *[""] * (len(_ANSWER) - 4))
    day = result.created_at.astimezone(zone).date()
    asked = Asked(
        payer=task.payer.name,
        visit_type=task.visit_type,
        service_date=task.service_date,
        name=task.name,
        dob=task.dob,
        doubts=[str(each.get("message", "")) for each in task.warnings],
        corrected=task.corrected,
        contradicted=task.denied and result.outcome == Outcome.ELIGIBLE and _stands(task),
    )
    answer = result.answer
    outcome = told(task.outcome, result.outcome, is_search=task.is_search)
    given = Given(outcome, answer, result.created_at, day, result.synthetic)
    card = front_desk_card(asked, given, now=now)
    policy, member = answer.get("policy") or {}, answer.get("member") or {}
    return (
        *(_status(task), str(Outcome(outcome).label)),
        *(_advice(task) or card.advice, _YES_NO[card.valid]),
        *(member.get("name"), policy.get("plan") or policy.get("package")),
        *(policy.get("start"), policy.get("end")),
        *(_line(card, label) for label in ("Network", "Patient pays", "Pre-approval")),
        " ".join(card.warnings),
        result.created_at.astimezone(zone).replace(tzinfo=None),
        "the synthetic payer" if result.synthetic else card.payer,
        f"answered {moments.age(result.created_at, task.created_at)}"
        if task.reused_from_id
        else "",
    )


def _stands(task: EligibilityTask) -> bool:
    return task.result_question == task.question_number


def _is_known(task: EligibilityTask) -> bool:
    """Whether people see an answer: also a failed re-run leaves the earlier one standing."""
    return task.status == Status.DONE or (task.status == Status.FAILED and _stands(task))


def _status(task: EligibilityTask) -> str:
    """The state, and for a failed row why: "Failed: The payer could not be reached"."""
    status = str(task.get_status_display())
    return f"{status}: {task.get_failure_display()}" if task.failure else status


def _advice(task: EligibilityTask) -> str:
    explained = explain(failure=task.failure)
    return explained.advice if explained else ""


def _line(card: Card, label: str) -> str:
    """The card's line that begins so, as one text."""
    values: Sequence[tuple[str, str]] = next(
        (line.values for line in card.lines if line.label.startswith(label) and line.stated), ()
    )
    return "; ".join(": ".join(filter(None, pair)) for pair in values)
