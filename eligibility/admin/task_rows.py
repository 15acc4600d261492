"""A check as a line of a list: state as badges, identifiers masked, nothing that costs a query."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django.db.models import F, QuerySet

from eligibility.admin.badges import REVIEW, outcome_badge, status_badge
from eligibility.admin.links import task_address
from eligibility.choices import Failure, Outcome, Review, Status
from eligibility.identifiers import mask
from eligibility.models import EligibilityTask
from eligibility.presentation.codes import visit_name
from eligibility.results import told
from portal import moments

_SHOWN = (
    "id", "name", "id_type", "id_value", "client_reference", "visit_type", "service_date",
    "status", "outcome", "failure", "failure_message", "review", "test_mode", "created_at",
    "payer__code", "payer__name", "clinic__name", "question_number", "result_question",
    "reused_from", "is_search",
)  # fmt: skip


REVIEW_WORDS = {
    each.value: {"word": each.label, "icon": REVIEW[each][0], "colour": REVIEW[each][1]}
    for each in Review
    if each is not Review.NONE
}
"""What a line says of the review; of none, nothing."""


def with_all_that_a_line_shows(rows: QuerySet[EligibilityTask]) -> QuerySet[EligibilityTask]:
    """One query for a page of lines, without the wide columns."""
    joined = rows.select_related("payer", "clinic").only(*_SHOWN)
    return joined.annotate(
        is_synthetic=F("result__synthetic"),
        known_outcome=F("result__outcome"),
        known_since=F("result__created_at"),
    )


def task_line(task: Any, *, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The words and badges of a line."""
    return {
        "pk": task.pk,
        "link": task_address(task.pk),
        "name": task.name or "Name not given",
        "named": bool(task.name),
        "identifier": mask(task.id_value),
        "reference": task.client_reference,
        "tag": tag_of(task, synthetic=bool(task.is_synthetic)),
        "payer": task.payer.name,
        "payer_code": task.payer.code,
        "visit": visit_name(task.visit_type) if task.visit_type else "",
        "service_date": moments.day(task.service_date) if task.service_date else "",
        "status": status_badge(task.status),
        "answer": line_answer(task),
        "has_failed": task.status == Status.FAILED,
        "known": _known(task, now),
        "review": REVIEW_WORDS.get(task.review),
        "age": moments.age(task.created_at, now),
        "asked_at": moments.at(task.created_at, zone),
        "clinic": task.clinic.name,
    }


def _known(task: Any, now: datetime) -> str:
    """Of which age a reused answer is, and what a failed re-run leaves standing."""
    if not task.known_outcome:
        return ""
    age = moments.age(task.known_since, now)
    if task.status == Status.DONE and task.reused_from_id is not None:
        return f"Reused, answered {age}"
    if task.status == Status.FAILED and task.result_question == task.question_number:
        known = told("", task.known_outcome, is_search=task.is_search)
        return f"Known before: {str(Outcome(known).label).lower()}, {age}"
    return ""


def line_answer(task: Any) -> Any:
    """The same for a line, where a failure is too long for a badge."""
    if task.status == Status.FAILED:
        return Failure(task.failure).label
    return outcome_badge(task.outcome)


def tag_of(task: Any, *, synthetic: bool) -> str:
    """What no real answer may be confused with."""
    if task.test_mode:
        return "TEST"
    return "SYNTHETIC" if synthetic else ""
