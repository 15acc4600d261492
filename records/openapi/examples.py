"""Examples of the record endpoints: those of the integrators' document."""

from __future__ import annotations

from typing import Any

_ID = "5eb7cf5a86d9755df3a6c593"
_TEXT = "<string>"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CONFIG: dict[str, Any] = {
    "type": "practitioners",
    **dict.fromkeys(
        (
            "organizationId",
            "id",
            "npi",
            "name",
            "gender",
            "avatar",
            "summary",
            "qualification",
            "education",
        ),
        _TEXT,
    ),
    "supervisorId": _ID,
    "status": "active",
    "languages": [_TEXT],
    "specialties": [{"name": _TEXT, "code": _TEXT}],
    "locations": [{"locationId": _TEXT, "locationName": _TEXT}],
    "workingHours": {day: [{"start": _TEXT, "end": _TEXT}] for day in _DAYS},
    "preferred_visiting_reasons": [_ID],
}
ROW: dict[str, Any] = {"logicalId": _TEXT, "integrationId": _ID, "config": CONFIG}
RECORD: dict[str, Any] = {
    **dict.fromkeys(("teamId", "createdBy", "updatedBy"), _ID),
    **dict.fromkeys(("createdAt", "updatedAt"), "2023-11-07T05:31:56Z"),
    "_id": _ID,
    **ROW,
}
_FAILED = {
    "status": "failed",
    "record": None,
    "error": "/config/supervisorId: must be 24 lower-case hex characters [objectid.pattern]",
}
_PAGE = {"total": 1, "page": 1, "size": 20, "pages": 1}
_SAID = {"logicalId": _TEXT, "integrationId": _ID, "config": CONFIG}
_CHANGE = {
    "version": 1,
    "change": "created",
    "before": None,
    "after": _SAID,
    "by": _ID,
    "source": "api",
    "requestId": "4f0c6f1c0d1b4b5e9a39f7a0a4e5d0c1",
    "at": "2023-11-07T05:31:56Z",
}

EXAMPLES: dict[str, list[tuple[str, str, Any]]] = {
    "create_records": [
        ("request", "One practitioner", [ROW]),
        (
            "response",
            "One created, one failed",
            {
                "total_created": 1,
                "total_errors": 1,
                "results": [{"status": "created", "record": RECORD, "error": None}, _FAILED],
            },
        ),
    ],
    "list_records": [("response", "A page", {"items": [RECORD], **_PAGE})],
    "get_record": [("response", "A record", RECORD)],
    "update_record": [
        ("request", "Another name, no summary", {"config": {"name": _TEXT, "summary": None}}),
        ("response", "The record as it stands now", RECORD),
    ],
    "put_record": [
        ("request", "A practitioner", {"config": CONFIG}),
        ("response", "The record as it stands now", RECORD),
    ],
    "delete_record": [],
    "record_history": [("response", "A record that was created", {"items": [_CHANGE], **_PAGE})],
}

_NO_ARRAY = "The body must be an array, not an object."
NOT_AN_ARRAY: dict[str, Any] = {
    "success": False,
    "message": _NO_ARRAY,
    "error": {"code": "INVALID_REQUEST", "message": _NO_ARRAY, "details": []},
    "detail": [{"loc": ["body"], "msg": _NO_ARRAY, "type": "list_type"}],
    "request_id": "4f0c6f1c0d1b4b5e9a39f7a0a4e5d0c1",
}
"""What a body that is no array is told."""
