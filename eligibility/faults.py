"""The faults of a row's shape, in words for the clinic's staff. Called for rows that have one.

No message repeats what was sent: a name in the wrong column would end up in logs. What was sent
is the issue's `value`. Codes are listed in the API documentation; changing one breaks clients.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from eligibility.dates import date_meant
from eligibility.schemas import ATTRIBUTES, DISPLAY_NAMES, WIRE_NAMES
from portal.intake.issues import Issue
from portal.intake.spelling import Speller
from portal.intake.text import excerpt, list_unstorable, storable_text

MOST_UNKNOWN = 10
"""Unknown fields named one by one; the rest are counted."""

_TYPES = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "dict_type": 'must be an object such as {"title": "", "value": ""}',
}

_FIELDS = Speller(
    dict.fromkeys(ATTRIBUTES, ())
    | {
        "id_value": ("emirates_id", "identifier", "id_number", "member_id", "card_number"),
        "tpa_name": ("tpa", "tpa_code", "payer", "payer_code"),
        "name": ("patient_name", "full_name"),
        "dob": ("date_of_birth", "birth_date", "birthday"),
        "phone": ("mobile", "mobile_number", "telephone"),
        "doctorName": ("doctor", "clinician"),
        "client_reference": ("reference", "external_id", "appointment_id"),
        "service_date": ("visit_date", "appointment_date"),
    }
)


def not_an_object(raw: Any) -> Issue:
    """The row is not an object."""
    return Issue(
        "", "row.type", "A row must be an object with the fields of one check.", excerpt(raw)
    )


def too_long(name: str, value: str, most: int) -> Issue:
    """The text is longer than it may be."""
    message = f"{name} may have {most} characters; this one has {len(value)}."
    return Issue(f"/{name}", "text.too_long", message, excerpt(value))


def of_shape(errors: Iterable[ErrorDetails], given: Mapping[str, Any]) -> list[Issue]:
    """Wrong JSON types, missing and blank required fields, lengths, dates and priorities.

    Text that is no Unicode is left to `of_text`, which says where it stands.
    """
    return [_of_shape(e, given) for e in errors if e["type"] != "string_unicode"]


def _of_shape(error: ErrorDetails, given: Mapping[str, Any]) -> Issue:
    name, kind = str(error["loc"][0]), error["type"]
    value = given.get(name)
    if kind in ("missing", "string_too_short"):
        return field_issue(name, "required", f"{name} is missing or empty.", value)
    if kind == "string_too_long":
        return too_long(name, str(value).strip(), error["ctx"]["max_length"])
    if kind in _TYPES:
        return field_issue(name, "type", f"{name} {_TYPES[kind]}.", value, _quoted(kind, value))
    meant = date_meant(value.strip()) if kind == "format" and isinstance(value, str) else None
    return field_issue(name, kind, error["msg"], value, meant)


def _quoted(kind: str, value: Any) -> str | None:
    """A whole number as the text it should have been; a float may have lost digits already."""
    right = kind == "string_type" and isinstance(value, int) and not isinstance(value, bool)
    return str(value) if right and abs(value) < 10**64 else None


def of_text(raw: Any) -> list[Issue]:
    """Text, numbers and nesting that a database cannot store, wherever in the row."""
    return [
        Issue(pointer, "text.unstorable", f"This {reason} and cannot be stored.")
        for pointer, reason in list_unstorable(raw)
    ]


def unknown_fields(given: Mapping[str, Any]) -> list[Issue]:
    """Warnings about fields nobody reads. They stay in the stored row."""
    named = [name for name in given if name not in WIRE_NAMES and given[name] is not None]
    unknown = [name for name in named if name not in DISPLAY_NAMES]
    found = [_unknown_field(name, given[name]) for name in unknown[:MOST_UNKNOWN]]
    if len(unknown) > MOST_UNKNOWN:
        message = f"{len(unknown) - MOST_UNKNOWN} more fields are not known."
        found.append(Issue("", "field.unknown", message))
    return found


def _unknown_field(name: str, value: Any) -> Issue:
    suggestion = _FIELDS.suggest(name)
    hint = f" Did you mean {suggestion}?" if suggestion else ""
    pointer = "/" + storable_text(name).replace("~", "~0").replace("/", "~1")
    message = f"This field is not known and not used.{hint}"
    return Issue(pointer, "field.unknown", message, excerpt(value), suggestion)


def field_issue(name: str, kind: str, message: str, value: Any, suggestion: Any = None) -> Issue:
    """The issue `<field>.<kind>` at that field."""
    return Issue(f"/{name}", f"{name}.{kind}", message, excerpt(value), suggestion)
