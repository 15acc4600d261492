"""Which benefits answer for a visit type.

Visit types are the payers' data, services the normalised answer's. A type that this table does
not know is looked for by its own word in what the payer wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Stored = Mapping[str, Any]

_CONSULTATION = ("consultation",)
_SERVICES: dict[str, tuple[str, ...]] = {
    "OUTPATIENT": _CONSULTATION,
    "OTHER_OP": _CONSULTATION,
    "CHRONIC_OUT": _CONSULTATION,
    "FREE_FOLLOWUP": _CONSULTATION,
    "TELEHEALTH": _CONSULTATION,
    "INPATIENT": ("inpatient",),
    "DAYCASE": ("procedure", "inpatient"),
    "DAYCARE": ("procedure", "inpatient"),
    "DENTAL": ("dental",),
    "DENTAL_SERVICES": ("dental",),
    "DIAGNOSTIC": ("lab", "radiology"),
    "EMERGENCY": ("emergency",),
    "MATERNITY": ("maternity",),
    "OPTICAL": ("optical",),
    "PHARMACY": ("pharmacy",),
    "PHYSIOTHERAPY": ("physiotherapy",),
    "PSYCHIATRY": ("psychiatry",),
    "REHABILITATION": ("physiotherapy",),
    "ULTRASOUND": ("radiology",),
    "WELLNESS": ("wellness",),
}

_NAMES: dict[str, str] = {"lab": "Laboratory", "pharmacy": "Medicines"}


def service_name(benefit: Stored) -> str:
    """The service in one word of ours; one of the unlisted ones by the payer's own name."""
    service = str(benefit.get("service") or "other")
    if service == "other" and benefit.get("service_raw"):
        return str(benefit["service_raw"])
    return _NAMES.get(service, service.replace("_", " ").capitalize())


def benefits_for(visit_type: str, benefits: Sequence[Stored]) -> list[Stored]:
    """The benefits that tell what this visit costs the patient; none when no benefit does.

    A row that asked for no visit type is taken for a consultation, if the payer named one.
    """
    wanted = _SERVICES.get(visit_type.upper()) if visit_type else _CONSULTATION
    if wanted:
        by_service = [[each for each in benefits if each.get("service") == s] for s in wanted]
        return next((found for found in by_service if found), [])
    word = visit_type.replace("_", " ").lower()
    return [each for each in benefits if word in str(each.get("service_raw") or "").lower()]
