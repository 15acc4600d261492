"""A task's question as the row of a request that would ask it."""

from __future__ import annotations

from typing import Any

from eligibility.models import EligibilityTask

_WIRE_DETAILS = {
    "mode": "mode",
    "referral_code": "referralCode",
    "service_type": "serviceType",
    "pod_id": "pod_id",
    "is_emergency": "is_emergency",
    "force": "force",
}


def row_of(task: EligibilityTask) -> dict[str, Any]:
    """The task's question as it stands now, in wire names; empty fields left out."""
    dumped_dob = task.request_dump.get("dob") if isinstance(task.request_dump, dict) else None
    row = {
        "tpa_name": task.payer.code,
        "id_type": task.id_type,
        "id_value": task.id_value,
        "visit_type": task.visit_type,
        "service_date": task.service_date.isoformat() if task.service_date else "",
        "name": task.name,
        "dob": task.dob.isoformat() if task.dob else dumped_dob,
        "phone": task.phone,
        "doctorName": task.doctor_name,
        "payerName": task.payer_name,
        "extra_args": task.extra_args,
        "client_reference": task.client_reference,
        "test_mode": task.test_mode,
        **{_WIRE_DETAILS[name]: value for name, value in task.details.items()},
    }
    return {name: value for name, value in row.items() if value not in (None, "", {}, False)}
