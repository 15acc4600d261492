"""Rows that wait for people, and how a browser meets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from eligibility.identifiers import make_emirates_id
from eligibility.models import EligibilityTask, Payer
from eligibility.operations import create_tasks
from portal.models import Clinic, RejectedRow
from tests.eligibility.make_rows import make_row
from tests.factories import make_result, make_task

ACTOR = "b" * 24

NAME = "Sentinel Patient"
IDENTIFIER = make_emirates_id(1986, 9027382)
ANOTHER = make_emirates_id(1990, 1234567)


def failed(clinic: Clinic, failure: str = "identity_mismatch", **fields: Any) -> EligibilityTask:
    """A check without an answer that nobody has seen to."""
    payer = Payer.objects.get(code=fields.pop("payer", "TPA004"))
    given = {
        "status": "failed",
        "failure": failure,
        "review": "needs_attention",
        "visit_type": "OUTPATIENT",
        "name": NAME,
        "payer": payer,
        "id_value": IDENTIFIER,
    }
    return make_task(clinic, **given | fields)


def doubtful(clinic: Clinic, outcome: str = "member_not_found", **fields: Any) -> EligibilityTask:
    """A check with an answer that somebody should look at."""
    payer = Payer.objects.get(code=fields.pop("payer", "TPA004"))
    given = {
        "visit_type": "OUTPATIENT",
        "name": NAME,
        "payer": payer,
        "id_value": IDENTIFIER,
    }
    task = make_task(clinic, **given | fields)
    make_result(task, outcome)
    EligibilityTask.objects.filter(pk=task.pk).update(review="needs_attention")
    task.refresh_from_db()
    return task


def rejected(clinic: Clinic, *rows: Any) -> list[RejectedRow]:
    """Rows that came beside a good one and could not be accepted, in their order."""
    known = set(RejectedRow.objects.values_list("pk", flat=True))
    create_tasks(team=clinic.team, clinic=clinic, actor=ACTOR, rows=[make_row(), *rows])
    return list(RejectedRow.objects.exclude(pk__in=known).order_by("line"))


def bad(**fields: Any) -> dict[str, Any]:
    """A row with a visit type that nobody knows."""
    return make_row(**{"visit_type": "OUT", "client_reference": "", "name": NAME} | fields)


def fix_page(row: EligibilityTask | RejectedRow, **query: str) -> str:
    """The address of the row's form."""
    kind = "eligibility_fix" if isinstance(row, EligibilityTask) else "eligibility_fix_rejected"
    return _with(reverse(f"admin:{kind}", args=[row.pk]), query)


def page(name: str, **query: str) -> str:
    """The address of a page of the worklist."""
    return _with(reverse(f"admin:{name}"), query)


def _with(address: str, query: dict[str, str]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def fields_of(answer: Any) -> dict[str, Any]:
    """The form's fields by name, in the order of the page."""
    return {field.name: field for field in answer.context["form"].fields}


def typed(answer: Any, **changes: str) -> dict[str, Any]:
    """What a browser sends back: the form as it was shown, with these changes."""
    form = answer.context["form"]
    values: dict[str, Any] = {"seen": form.seen}
    for field in form.fields:
        values |= {name: value for name, _, value in field.parts} or {field.name: field.value}
    if "subject" in answer.context:
        subject = answer.context["subject"]
        values |= {"version": subject.version, "revision": subject.revision}
    return values | changes
