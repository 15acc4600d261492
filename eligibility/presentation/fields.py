"""The fields of a check in the words of the front desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from eligibility.presentation.codes import (
    codes_in_words,
    is_visit_type,
    short_id_type,
    visit_name,
)
from portal import moments

LABELS: dict[str, str] = {
    "tpa_name": "Payer",
    "id_type": "Identifier type",
    "id_value": "Identifier",
    "visit_type": "Visit type",
    "service_date": "Date of the visit",
    "name": "Patient's name",
    "dob": "Date of birth",
    "phone": "Phone",
    "doctorName": "Doctor",
    "payerName": "Insurer",
    "referralCode": "Referral code",
    "serviceType": "Service type",
    "pod_id": "POD id",
    "is_emergency": "Emergency",
    "extra_args": "Further details",
    "client_reference": "Reference",
    "priority": "Priority",
    "scheduled_for": "Not before",
    "test_mode": "Test",
    "mode": "Mode",
    "force": "Ask again even if fresh",
    "appointment": "Appointment",
    "insurance_as_written": "Insurance text",
}
"""Wire name → what every page calls it, in the order pages show them."""

ASKABLE = (
    *("name", "dob", "phone", "doctorName", "payerName", "referralCode", "serviceType"),
    *("is_emergency", "service_date", "pod_id", "extra_args"),
)
"""What a payer can ask for beside the identifier, in the order of the payer's own form."""

_ODD = "|".join(name for name in LABELS if "_" in name or not name.islower())
_PLAIN = "|".join(name for name in LABELS if "_" not in name and name.islower())
_WIRE_NAME = re.compile(rf"\b(?:{_ODD})\b|^(?:{_PLAIN})\b|(?<=needs )(?:{_PLAIN})\b")
_NOBODY: Mapping[str, str] = {}


class Told(NamedTuple):
    """One field of a row as a page shows it; `code` is what was sent, where `value` says it
    in words."""

    label: str
    value: str
    code: str = ""


def label(name: str) -> str:
    """What a page calls this field; a field that nobody knows is called what it is called."""
    return LABELS.get(name, name)


def message_in_words(message: str, payers: Mapping[str, str] = _NOBODY) -> str:
    """A rule's message with words in place of wire names and codes: "Daman needs Doctor."

    Names that are English words are taken for a field's only where the rules put one. `payers`
    are names by code; without them a payer stays its code.
    """
    in_words = _WIRE_NAME.sub(lambda found: label(found[0]), message)
    return codes_in_words(in_words, payers)


def said(value: Any) -> str:
    """A field's value as text for people."""
    if value is True or value is False:
        return "Yes" if value else "No"
    if isinstance(value, Mapping):
        pairs = [f"{key}: {said(each)}" for key, each in value.items() if said(each)]
        if set(value) <= {"title", "value"}:
            pairs = [said(value[key]) for key in ("title", "value") if said(value.get(key))]
            return ": ".join(pairs)
        return ", ".join(pairs)
    if isinstance(value, list):
        return ", ".join(said(each) for each in value)
    return "" if value is None else str(value)


def row_as_pairs(row: Any) -> list[tuple[str, str]]:
    """(label, value) of every field that says something, known fields first.

    A row that is no object is one pair without a label.
    """
    if not isinstance(row, Mapping):
        return [("", said(row))] if said(row) else []
    return [(label(name), said(row[name])) for name in _in_order(row)]


def row_in_words(row: Any, payers: Mapping[str, str] = _NOBODY) -> list[Told]:
    """The same with codes and days in words, and beside them what was sent to the letter."""
    if not isinstance(row, Mapping):
        return [Told(*pair) for pair in row_as_pairs(row)]
    return [_told(name, said(row[name]), payers) for name in _in_order(row)]


def value_in_words(name: str, text: str, payers: Mapping[str, str] = _NOBODY) -> str:
    """A field's text in words; what is no code and no day stays what it is."""
    if name == "tpa_name":
        return payers.get(text, text)
    return _IN_WORDS.get(name, str)(text)


def _told(name: str, text: str, payers: Mapping[str, str]) -> Told:
    words = value_in_words(name, text, payers)
    return Told(label(name), words, text if words != text else "")


def _in_order(row: Mapping[str, Any]) -> list[str]:
    order = {name: place for place, name in enumerate(LABELS)}
    names = sorted(row, key=lambda name: order.get(name, len(order)))
    return [name for name in names if said(row[name])]


def _visit(text: str) -> str:
    """Only what is a code to the letter: "OPD" is what somebody wrote, not a name of ours."""
    return visit_name(text) if is_visit_type(text) else text


def _day(text: str) -> str:
    day = moments.read_day(text)
    return moments.day(day) if day else text


_IN_WORDS: dict[str, Callable[[str], str]] = {
    "id_type": short_id_type,
    "visit_type": _visit,
    "service_date": _day,
    "dob": _day,
}
