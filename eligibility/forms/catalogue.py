"""How each field of a row is asked for, whatever the payer; `presentation.fields` labels it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"
    PAYER = "payer"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Spec:
    """One field: `most` is its length in characters, `keyboard` what a phone shows."""

    kind: Kind = Kind.TEXT
    help: str = ""
    most: int = 300
    keyboard: str = "text"


SPECS: dict[str, Spec] = {
    "tpa_name": Spec(Kind.PAYER, most=200),
    "id_type": Spec(Kind.CHOICE, most=64),
    "id_value": Spec(help="As printed on the card; dashes and spaces do not matter.", most=64),
    "visit_type": Spec(Kind.CHOICE, most=64),
    "service_date": Spec(Kind.DATE, help="Empty: the day on which the payer is asked.", most=10),
    "name": Spec(help="As on the patient's card."),
    "dob": Spec(Kind.DATE, most=64),
    "phone": Spec(most=64, keyboard="tel"),
    "doctorName": Spec(help="A licence such as DHA-P-0123456, or the name."),
    "payerName": Spec(help="The insurer whose name is on the card."),
    "referralCode": Spec(most=100),
    "serviceType": Spec(most=200),
    "pod_id": Spec(most=100),
    "is_emergency": Spec(Kind.CHOICE),
    "extra_args": Spec(Kind.DETAILS, help="What else this payer asks for."),
    "client_reference": Spec(help="Your own number for it, if you have one.", most=200),
    "priority": Spec(Kind.CHOICE, most=16),
    "scheduled_for": Spec(help="Such as 2026-11-24T06:00.", most=64),
    "mode": Spec(most=32),
    "test_mode": Spec(Kind.CHOICE),
    "force": Spec(Kind.CHOICE),
}
"""Wire name → how it is asked for, in the order of a form."""

ONLY_AT_FAULT = frozenset({"priority", "scheduled_for", "mode", "test_mode", "force"})
"""Fields that a form shows only when something is wrong with them."""

YES_OR_NO = frozenset({"is_emergency", "test_mode", "force"})

ABOUT_THE_PATIENT = ("service_date", "name", "dob", "phone")
"""Fields that every payer can be told, and that staff find a row by."""
