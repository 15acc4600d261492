"""What the audit log calls the rows that deeds were done to, their fields and their values.

The platform's own kinds stand here; a product app adds its own with `describe`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from portal.models import AuditEvent

Pages = Callable[[HttpRequest, list[str]], QuerySet[Any]]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row, in the log's words.

    `fields` are the words of its fields, where its form has none; `value` says a field's value
    in words, or None where it has nothing to say. `has_name` is False for rows that are called
    by their id alone. A row without a model page of its own may have `pages`: of these ids, rows
    of another model with `about` (the id) whose page shows it.
    """

    word: str
    fields: Mapping[str, str] = field(default_factory=dict)
    value: Callable[[str, Any], str | None] = lambda name, value: None
    has_name: bool = True
    pages: Pages | None = None


KINDS: dict[str, Kind] = {
    "portal.apikey": Kind(
        "API key", {"scopes": "May", "clinics": "For the clinics", "replaces": "Replaces"}
    ),
    "portal.clinic": Kind("Clinic"),
    "portal.user": Kind("User", {"clinics": "Clinics", "role": "Role"}),
    "portal.team": Kind("Team"),
    "portal.webhookendpoint": Kind(
        "Webhook",
        {"url": "Address", "event_types": "Hears of", "description": "What it is for"},
        has_name=False,
    ),
    "portal.submission": Kind("Request", has_name=False),
    "portal.rejectedrow": Kind("Row not accepted", has_name=False),
}
"""Model label → what is said of it."""

FACTS: dict[str, str] = {
    "rows": "Rows",
    "first_rows": "Rows in the first part",
    "first_rejected": "Not accepted in the first part",
    "is_correction": "Corrects earlier rows",
    "read_as": "Read as",
    "scheduled_for": "Starts",
    "what": "Which rows",
    "form": "File type",
    "by": "Made with",
    "fields": "Corrected fields",
    "payer": "Payer",
    "cause": "Cause",
    "successor": "New key",
    "holds_from": "Holds from",
    "zone": "By the clock of",
    "note": "Why",
    "url": "Address",
    "rotated": "New secret",
    "replayed": "Sent again",
}
"""Facts beside the changes → words."""


def describe(label: str, kind: Kind) -> None:
    """Add a kind, or say more about one."""
    KINDS[label] = kind


def kind_of(label: str) -> Kind:
    """What is said of this kind; one that nobody described keeps its model's name."""
    if label in KINDS:
        return KINDS[label]
    model = model_of(label)
    return Kind(_sentence(str(model._meta.verbose_name) if model else label.rpartition(".")[2]))


def model_of(label: str) -> type[Model] | None:
    """The model, if it still exists."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def object_words(event: AuditEvent) -> str:
    """What the deed was done to: its kind and its name, or the end of its id."""
    if not event.object_kind:
        return ""
    kind = kind_of(event.object_kind)
    if kind.has_name and event.object_name:
        return f"{kind.word} {_UUID.sub(_end_of, event.object_name)}"
    return f"{kind.word} …{event.object_id[-_SHOWN:]}"


def field_words(label: str, name: str) -> str:
    """What staff call the field: as its form does, else as the log's own words have it."""
    if word := kind_of(label).fields.get(name):
        return word
    model = model_of(label)
    page = admin.site._registry.get(model) if model else None
    form = getattr(page, "form", None)
    if (of_form := getattr(form, "base_fields", {}).get(name)) and of_form.label:
        return str(of_form.label)
    if word := getattr(getattr(form, "Meta", None), "labels", {}).get(name):
        return str(word)
    return _sentence(name.replace("_", " "))


def value_words(label: str, name: str, value: Any) -> str:
    """The field's value for people: choices and moments in words, nothing as a dash."""
    if value in (None, "", [], {}):
        return "–"
    if said := kind_of(label).value(name, value):
        return said
    if isinstance(value, str) and (chosen := _choices(label, name).get(value)):
        return str(chosen)
    return plain(value)


def fact_words(label: str, name: str, value: Any) -> tuple[str, str]:
    """A fact beside the changes, and what it is called; fields by their words."""
    if name == "fields" and isinstance(value, list):
        value = [field_words(label, each) for each in value]
    return FACTS.get(name) or _sentence(name.replace("_", " ")), plain(value)


def plain(value: Any) -> str:
    """Any stored value: lists with commas, yes and no, moments by the reader's clock."""
    match value:
        case None | "":
            return "–"
        case bool():
            return "Yes" if value else "No"
        case list():
            return ", ".join(plain(each) for each in value) or "–"
        case dict():
            return ", ".join(f"{name}: {plain(each)}" for name, each in value.items()) or "–"
        case str() if _MOMENT.fullmatch(value):
            return _moment(value)
    return str(value)


def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return timezone.localtime(found).strftime("%-d %b %Y, %H:%M") if found.tzinfo else text


def _choices(label: str, name: str) -> Mapping[Any, Any]:
    model = model_of(label)
    try:
        found: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return {}
    return dict(getattr(found, "flatchoices", ()) or ())


def _end_of(found: re.Match[str]) -> str:
    return f"…{found[0][-_SHOWN:]}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
