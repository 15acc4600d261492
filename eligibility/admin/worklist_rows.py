"""Rows of the worklist as a list shows them: identifiers masked, times as ages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eligibility.admin.names import payer_names
from eligibility.admin.places import fix_address, task_address
from eligibility.choices import Outcome
from eligibility.identifiers import mask
from eligibility.models import EligibilityTask
from eligibility.presentation.card import sentence_of
from eligibility.presentation.codes import visit_name
from eligibility.presentation.fields import message_in_words, value_in_words
from eligibility.presentation.masks import Mask
from eligibility.presentation.places import place
from eligibility.worklist import Filters, GroupKey, Kind
from portal import moments
from portal.models import RejectedRow

Payers = Mapping[str, str]

_TASK_FIELDS = (
    "name", "id_value", "id_type", "visit_type", "service_date", "created_at", "failure_message",
    "client_reference", "test_mode", "line", "warnings", "outcome", "clinic__name",
    "result__answer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowView:
    """One line of the list.

    `says` is what is wrong with this very row, where that is known, `value` what was sent there;
    identifiers are masked.
    """

    who: str
    identifier: str
    visit: str
    day: str
    says: str
    value: str
    reference: str
    clinic: str
    age: str
    is_test: bool
    page: str
    fix: str


def shown_rows(rows: Any, key: GroupKey, filters: Filters, now: datetime) -> list[RowView]:
    """The rows of one page, a slice of a group, in two queries."""
    payers = payer_names()
    if key.kind is Kind.REJECTED:
        whole = rows.select_related("submission__clinic")
        return [_rejected(row, key, filters, now, payers) for row in whole]
    whole = rows.select_related("clinic", "result").only(*_TASK_FIELDS)
    return [_task(row, key, filters, now, payers) for row in whole]


def _task(
    row: EligibilityTask, key: GroupKey, filters: Filters, now: datetime, payers: Payers
) -> RowView:
    return RowView(
        who=row.name,
        identifier=mask(row.id_value),
        visit=visit_name(row.visit_type),
        day=moments.day(row.service_date) if row.service_date else "",
        says=" ".join(_whats_wrong(row, key, payers)),
        value="",
        reference=row.client_reference,
        clinic=row.clinic.name,
        age=moments.age(row.created_at, now),
        is_test=row.test_mode,
        page=task_address(row.pk),
        fix=fix_address(row, key, filters),
    )


def _whats_wrong(row: EligibilityTask, key: GroupKey, payers: Payers) -> Iterator[str]:
    """The failure or the doubtful answer, then what is odd about the row itself.

    An answer that leaves something open comes with the payer's own remarks.
    """
    if row.outcome == Outcome.ELIGIBLE:
        yield f"{key.explain().title}."
    elif row.outcome:
        yield sentence_of(row.outcome, "The payer")
        if row.result is not None and row.outcome != Outcome.MEMBER_NOT_FOUND:
            yield from map(str, row.result.answer.get("remarks") or ())
    else:
        yield row.failure_message or f"{key.explain().title}."
    for doubt in row.warnings:
        yield message_in_words(str(doubt.get("message", "")), payers)


def _rejected(
    row: RejectedRow, key: GroupKey, filters: Filters, now: datetime, payers: Payers
) -> RowView:
    given: Mapping[str, Any] = row.raw if isinstance(row.raw, dict) else {}
    submission = row.submission
    return RowView(
        who=_text(given, "name"),
        identifier=mask(_text(given, "id_value")),
        visit=value_in_words("visit_type", _text(given, "visit_type")),
        day=_day(_text(given, "service_date")),
        says=_errors(row, payers),
        value=_sent(row),
        reference=row.client_reference or place(row.line, submission.source).capitalize(),
        clinic=submission.clinic.name if submission.clinic else "",
        age=moments.age(submission.created_at, now),
        is_test=given.get("test_mode") is True,
        page="",
        fix=fix_address(row, key, filters),
    )


def _errors(row: RejectedRow, payers: Payers) -> str:
    """The first error, and how many there are besides."""
    if not row.errors:
        return ""
    more = len(row.errors) - 1
    message = message_in_words(row.errors[0]["message"], payers)
    return f"{message} (and {more} more)" if more else message


def _sent(row: RejectedRow) -> str:
    """What was sent where the first error is."""
    first = row.errors[0] if row.errors else {}
    name, value = str(first.get("pointer", "")).lstrip("/"), first.get("value")
    return str(Mask().value(value, name)) if isinstance(value, str | int | float) else ""


def _day(text: str) -> str:
    """The day in words, or what was written instead of one."""
    day = moments.read_day(text)
    return moments.day(day) if day else text


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return str(value)[:100] if isinstance(value, str | int) and not isinstance(value, bool) else ""
