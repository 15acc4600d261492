"""Examples of our own endpoints, for the OpenAPI page: (request or response, title, value)."""

from __future__ import annotations

from typing import Any

from portal.api.done import done

_TASK_ID = "c5d5093f-8c49-4b6b-a83e-f90b6af7dee8"
_BATCH_ID = "181ea081-56f2-403b-9e20-cc7d461ff479"
_SUBMISSION_ID = "7d0f0c52-5a0c-4a08-9d8e-3a2b1c0d9e8f"
_ASKED = "2025-08-17T09:14:03.120000+00:00"

ROW: dict[str, Any] = {
    "id_value": "SYN-ELIGIBLE",
    "id_type": "CARDNUMBER",
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
    "client_reference": "A-1",
}
CREATED: dict[str, Any] = {
    "success": True,
    "message": "Task created successfully",
    "data": {
        "task_id": _TASK_ID,
        "status": "pending",
        "organization_api_task_db": {
            "task_id_in_db": _TASK_ID,
            "task_id_in_celery": _TASK_ID,
            "status": "IN_QUEUE",
        },
    },
}
TASK: dict[str, Any] = {
    "task_id": _TASK_ID,
    "status": "IN_QUEUE",
    "is_search_all": False,
    "created_at": _ASKED,
    "updated_at": _ASKED,
    "eligibility_result": None,
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
    "service_date": None,
    "client_reference": "A-1",
    "batch_id": _BATCH_ID,
    "test_mode": False,
    "work": "pending",
    "outcome": None,
    "failure": None,
    "review": "none",
    "warnings": [],
    "not_before": _ASKED,
    "finished_at": None,
    "version": 1,
}
BATCH: dict[str, Any] = {
    "batch_id": _BATCH_ID,
    "batch_status": "processing",
    "description": "Morning batch for clinic A",
    "scheduled_for": None,
    "executed_at": _ASKED,
    "completed_at": None,
    "total_tasks": 800,
    "completed_tasks": 312,
    "cancelled_tasks": 0,
    "expected_by": None,
    "submission_id": _SUBMISSION_ID,
    "created_at": _ASKED,
}
_REJECTED: dict[str, Any] = {
    "line": 1,
    "state": "open",
    "row": ROW | {"visit_type": "DENTAL", "tpa_name": "TPA010"},
    "errors": [
        {
            "row": None,
            "pointer": "/visit_type",
            "code": "visit_type.unsupported",
            "message": "TPA010 takes OUTPATIENT or INPATIENT.",
            "value": "DENTAL",
            "suggestion": "OUTPATIENT",
        }
    ],
    "task_id": None,
    "version": 1,
}
SUBMISSION: dict[str, Any] = {
    "submission_id": _SUBMISSION_ID,
    "source": "api",
    "created_at": _ASKED,
    "total_rows": 3,
    "accepted_rows": 2,
    "rejected_rows": 1,
    "open_rows": 1,
    "items": [_REJECTED],
    "next": None,
}
FIXED: dict[str, Any] = _REJECTED | {"state": "accepted", "task_id": _TASK_ID, "version": 2}
PAYER_HEAD: dict[str, Any] = {
    "code": "TPA002",
    "name": "Nextcare",
    "kind": "tpa",
    "aliases": [],
    "members": [],
    "effective_from": _ASKED,
    "effective_until": None,
}
PAYER: dict[str, Any] = PAYER_HEAD | {
    "id_types": ["EMIRATESID", "CARDNUMBER", "POLICYNUMBER"],
    "visit_types": ["INPATIENT", "OUTPATIENT", "DENTAL"],
    "requires": [{"field": "payerName", "when": {"id_type": ["POLICYNUMBER"]}}],
    "optional": [],
    "json_schema": {"type": "object", "required": ["id_value", "id_type", "tpa_name"]},
    "upcoming": None,
}


def task_done(message: str) -> dict[str, Any]:
    """The answer to a verb about one task."""
    return done(message, task=TASK)


def batch_done(message: str) -> dict[str, Any]:
    """The answer to a verb about a batch."""
    return done(message, batch=BATCH, rows=488)


def rows_done(message: str, **stayed: int) -> dict[str, Any]:
    """The answer to a verb about many rows."""
    reasons = {reason.replace("_", " "): count for reason, count in stayed.items()}
    return done(message, moved=12, stayed=reasons)
