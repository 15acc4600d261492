"""What the audit log says of eligibility's rows, and where they are to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest

from eligibility.admin.connection_form import LABELS
from eligibility.admin.freshness_field import windows_words
from eligibility.models import Batch
from eligibility.presentation.codes import id_type_name, visit_name
from eligibility.presentation.fields import LABELS as FIELD_LABELS
from eligibility.presentation.fields import label
from portal.admin.audit_kinds import Kind, describe
from portal.roles import visible_clinic_ids

_LISTS = {"id_types": id_type_name, "visit_types": visit_name, "optional": label}


def requirement_words(rule: Mapping[str, Any]) -> str:
    """One of a payer's requirements as a sentence."""
    words = {"id_type": id_type_name, "visit_type": visit_name}
    whens = [
        f"{label(key).lower()} is {' or '.join(words.get(key, str)(c) for c in codes)}"
        for key, codes in rule["when"].items()
    ]
    condition = f" when the {' and the '.join(whens)}" if whens else ", always"
    return f"{label(rule['field'])}{condition}"


def payer_value(name: str, value: Any) -> str | None:
    """A payer's rules in the words of its form."""
    if not isinstance(value, list):
        return None
    if name == "requires":
        return "; ".join(requirement_words(each) for each in value)
    word = _LISTS.get(name)
    return "; ".join(word(each) for each in value) if word else None


def connection_value(name: str, value: Any) -> str | None:
    """A connection's windows in the words of its form."""
    return windows_words(value) if name == "freshness" else None


def batches_of_files(request: HttpRequest, ids: list[str]) -> QuerySet[Any]:
    """The batches that requests and files made, in the person's clinics."""
    own = Batch.objects.filter(clinic__in=visible_clinic_ids(request.user))
    submissions = [UUID(each) for each in ids]
    return own.filter(submission__in=submissions).annotate(about=F("submission"))


describe("eligibility.eligibilitytask", Kind("Check", FIELD_LABELS, has_name=False))
describe("eligibility.batch", Kind("Batch", has_name=False))
describe("eligibility.payer", Kind("Payer", value=payer_value))
describe("eligibility.connection", Kind("Connection", LABELS, value=connection_value))
describe("portal.rejectedrow", Kind("Row not accepted", FIELD_LABELS, has_name=False))
describe("portal.submission", Kind("List or request", has_name=False, pages=batches_of_files))
