"""Codes and wire names in words for staff. The codes themselves are data (`payer_file`)."""

from __future__ import annotations

from eligibility import payer_file
from eligibility.schemas import WIRE_NAMES

FIELD_WORDS: dict[str, str] = {
    "id_type": "Kind of identifier",
    "id_value": "Identifier",
    "tpa_name": "Payer",
    "visit_type": "Kind of visit",
    "name": "Patient's name",
    "dob": "Date of birth",
    "phone": "Phone number",
    "doctorName": "Doctor",
    "payerName": "Insurer behind the TPA",
    "referralCode": "Referral code",
    "serviceType": "Service type",
    "is_emergency": "Emergency or not",
    "service_date": "Day of the visit",
    "extra_args": "Further details (extra_args)",
    "pod_id": "POD id",
    "client_reference": "Own reference",
    "scheduled_for": "Not before",
    "priority": "Priority",
    "mode": "Mode",
    "test_mode": "Test mode",
    "force": "Ask again even if fresh",
}
"""Wire name of a row's field → what staff call it."""

ASKABLE = (
    "name",
    "dob",
    "phone",
    "doctorName",
    "payerName",
    "referralCode",
    "serviceType",
    "is_emergency",
    "service_date",
    "pod_id",
    "extra_args",
)
"""What a payer can ask for beside the identifier, in the order of forms."""


def field_word(name: str) -> str:
    """What staff call a field; an unknown one keeps its name."""
    return FIELD_WORDS.get(name, name)


def id_type_word(code: str) -> str:
    """What staff call a kind of identifier."""
    return payer_file.shipped().vocabulary.id_types.get(code) or code


def visit_type_word(code: str) -> str:
    """What staff call a kind of visit: CHRONIC_OUT is "Chronic out"."""
    return code.replace("_", " ").capitalize()


assert WIRE_NAMES.issuperset(ASKABLE), "a form would ask for a field that no row has"
