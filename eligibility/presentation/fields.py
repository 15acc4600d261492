"""The fields of a check in the words of the front desk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
"""Wire name → what a page calls it, in the order pages show them."""


_ODD = "|".join(name for name in LABELS if "_" in name or not name.islower())
_PLAIN = "|".join(name for name in LABELS if "_" not in name and name.islower())
_WIRE_NAME = re.compile(rf"\b(?:{_ODD})\b|^(?:{_PLAIN})\b|(?<=needs )(?:{_PLAIN})\b")


def label(name: str) -> str:
    """What a page calls this field; a field that nobody knows is called what it is called."""
    return LABELS.get(name, name)


def message_in_words(message: str) -> str:
    """A rule's message with labels in place of wire names: "INS026 needs Doctor."

    Names that are English words are taken for a field's only where the rules put one.
    """
    return _WIRE_NAME.sub(lambda found: label(found[0]), message)


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
    order = {name: place for place, name in enumerate(LABELS)}
    names = sorted(row, key=lambda name: order.get(name, len(order)))
    return [(label(name), said(row[name])) for name in names if said(row[name])]
