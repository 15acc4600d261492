"""Examples of the OpenAPI page: (request or response, title, value) by operation."""

from __future__ import annotations

from typing import Any

from eligibility.results import wire_data
from eligibility.schemas import SCHEDULE_EXAMPLE

_FIRST = "c5d5093f-8c49-4b6b-a83e-f90b6af7dee8"
_SECOND = "d6e61a40-9d5a-4c7c-b94f-001c7b08eff9"
_BATCH = "181ea081-56f2-403b-9e20-cc7d461ff479"
_CLINIC = "0d9f4c9a-6f3e-4f0e-9a57-7a1f6b0f3c11"
_ASKED = "2025-08-17T09:14:03.120000+00:00"
_ANSWERED = "2025-08-17T09:14:04.980000+00:00"


def _row(id_value: str, **more: Any) -> dict[str, Any]:
    return {
        "id_value": id_value,
        "id_type": "EMIRATESID",
        "tpa_name": "TPA002",
        "visit_type": "OUTPATIENT",
        "extra_args": {"title": "", "value": ""},
        "doctorName": "",
        "payerName": "",
        **more,
    }


def _created(task_id: str, id_value: str) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "status": "pending",
        "patient_info": {"name": None, "id_value": id_value, "tpa_name": "TPA002"},
        "is_search_all": False,
    }


def _bulk_created(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {
        "success": True,
        "message": f"Bulk tasks created successfully. {len(tasks)} tasks created.",
        "data": {"tasks": list(tasks), "total_created": len(tasks)},
    }


_SCHEDULED = {
    "success": True,
    "message": (
        "Tasks scheduled successfully. 2 tasks scheduled with batch ID: "
        f"{_BATCH}. Results expected by 2025-08-18T06:00:00+04:00."
    ),
    "data": {"batch_id": _BATCH, "total_scheduled": 2},
}

_DATA = wire_data(
    {"payer_code": "TPA002", "policy": {"plan": "Gold", "authority": "DHA"}},
    outcome="eligible",
    task_id=_FIRST,
    payer_code="TPA002",
    payer_name="Nextcare (Arab Gulf Health Services)",
)
_RESULT_ROW = {
    "task_id": _FIRST,
    "status": "PROCESS_COMPLETE",
    "is_search_all": False,
    "created_at": _ASKED,
    "updated_at": _ANSWERED,
    "eligibility_result": {"status": "found", "data": _DATA},
}
_NOT_FOUND_MEMBER = {
    "status": "member_not_found",
    "message": "Member not found",
    "error_type": "MemberNotFoundError",
}
_ERROR_ROW = _RESULT_ROW | {
    "task_id": _SECOND,
    "eligibility_result": {
        "status": "member_not_found",
        "message": "Member not found",
        "data_dump": _NOT_FOUND_MEMBER,
    },
}
_RESULT = {
    "id": _FIRST,
    "task_id": _FIRST,
    "status": "PROCESS_COMPLETE",
    "is_search_all": False,
    "search_all_status": None,
    "request_dump": _row("784-XXXX-XXXXXXX-X"),
    "clinic_id": _CLINIC,
    "created_at": _ASKED,
    "updated_at": _ANSWERED,
    "interim_results": None,
    "eligibility_result": {
        "search_id": _FIRST,
        "data_dump": {"tpa": "TPA002", "status": "found", "data": _DATA, "job_task_id": _FIRST},
        "task_id": _FIRST,
        "status": "found",
        "clinic_id": _CLINIC,
        "id": "0198b6d2-51f4-7000-8000-6f1d2a8c9e10",
        "created_at": _ANSWERED,
        "updated_at": _ANSWERED,
    },
}
_NO_MEMBER_DATA = wire_data(
    None,
    outcome="member_not_found",
    task_id=_SECOND,
    payer_code="INS026",
    payer_name="Daman (National Health Insurance Company)",
)
_SEARCH = _RESULT | {
    "is_search_all": True,
    "search_all_status": "SEARCH_ALL_COMPLETE",
    "request_dump": _row("784-XXXX-XXXXXXX-X") | {"tpa_name": "BOTH"},
    "aggregated_results": [
        {"tpa_name": "INS026", "status": "member_not_found", "data": _NO_MEMBER_DATA},
        {"tpa_name": "TPA002", "status": "found", "data": _DATA},
    ],
    "total_tpas_checked": 2,
    "found_results": 1,
    "skipped": [{"tpa_name": "TPA004", "reason": "Another payer had said yes before."}],
}
_BATCH_RESULTS = {
    "success": True,
    "message": f"Batch results fetched successfully for batch ID: {_BATCH}",
    "data": {
        "batch_id": _BATCH,
        "batch_status": "completed",
        "description": "Morning batch for clinic A",
        "scheduled_for": "2025-01-01T10:00:00+00:00",
        "executed_at": _ASKED,
        "completed_at": _ANSWERED,
        "total_tasks": 2,
        "completed_tasks": 2,
        "tasks": [_RESULT_ROW, _ERROR_ROW],
    },
}
_UNKNOWN = {"task_id": "an-id-of-nobody", "status": "not_found", "eligibility_result": None}

EXAMPLES: dict[str, list[tuple[str, str, Any]]] = {
    "health": [("response", "Healthy", {"status": "healthy", "timestamp": _ASKED})],
    "create_tasks": [
        (
            "request",
            "Two patients",
            {"requests": [_row("784-XXXX-XXXXXXX-X"), _row("784-YYYY-YYYYYYY-Y")]},
        ),
        (
            "response",
            "Both created",
            _bulk_created(
                _created(_FIRST, "784-XXXX-XXXXXXX-X"), _created(_SECOND, "784-YYYY-YYYYYYY-Y")
            ),
        ),
        (
            "response",
            "Search All, answered by one payer at once",
            _bulk_created(_created(_FIRST, "784-XXXX-XXXXXXX-X")),
        ),
    ],
    "schedule_tasks": [
        ("request", "A morning batch", SCHEDULE_EXAMPLE),
        ("response", "Scheduled", _SCHEDULED),
    ],
    "eligibility_result": [
        ("response", "An eligible patient", _RESULT),
        ("response", "A search of several payers", _SEARCH),
    ],
    "bulk_results": [
        ("request", "Three tasks", {"task_ids": [_FIRST, _SECOND, "an-id-of-nobody"]}),
        (
            "response",
            "An answer, an error and an unknown id",
            {
                "success": True,
                "message": "Bulk results fetched successfully.",
                "data": {"results": [_RESULT_ROW, _ERROR_ROW, _UNKNOWN]},
            },
        ),
    ],
    "batch_results": [("response", "A finished batch", _BATCH_RESULTS)],
}
