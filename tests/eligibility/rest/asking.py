"""The documents' own requests, and how the tests send them."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.eligibility.make_rows import make_row

CREATE = "/v2/api-integration/bulk/create-tasks"
SCHEDULE = "/v2/api-integration/schedule-tasks"
JSON = "application/json"
UUID_TEXT = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SEED_ROW = {
    "id_value": "784-XXXX-XXXXXXX-X",
    "id_type": "EMIRATESID",
    "tpa_name": "TPA002",
    "visit_type": "OUTPATIENT",
    "extra_args": {"title": "", "value": ""},
    "doctorName": "",
    "payerName": "",
}
SEED_1 = {"requests": [SEED_ROW, SEED_ROW | {"id_value": "784-YYYY-YYYYYYY-Y"}]}
SEED_2 = {
    "requests": [
        {
            "tpa_name": "TPA002",
            "id_value": "784-XXXX-XXXXXXX-X",
            "id_type": "EMIRATESID",
            "phone": "0501234567",
            "name": "[PATIENT_NAME]",
            "dob": "YYYY-MM-DD",
            "visit_type": "OUTPATIENT",
            "doctorName": "Dr. Smith",
            "mode": "prod",
            "test_mode": False,
            "extra_args": {"note": "example 1"},
        },
        {
            "tpa_name": "DHPO",
            "id_value": "784-YYYY-YYYYYYY-Y",
            "id_type": "EMIRATESID",
            "name": "[PATIENT_NAME]",
            "visit_type": "OUTPATIENT",
            "mode": "prod",
            "test_mode": False,
        },
    ],
    "scheduled_for": "2025-01-01T10:00:00Z",
    "description": "Morning batch for clinic A",
}


def post(client: Client, body: Any, path: str = CREATE, **headers: str) -> Any:
    """Send a body (raw, or to be written as JSON) with the client's key."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, raw, content_type=JSON, headers=headers)


def bad_row(**fields: Any) -> dict[str, Any]:
    """A row that is rejected: nobody knows its payer."""
    return make_row(**{"tpa_name": "NOBODY"} | fields)


def details(response: Any) -> list[tuple[int | None, str, str]]:
    """The faults that an answer names: (row, pointer, code)."""
    found = response.json()["error"]["details"]
    return [(entry["row"], entry["pointer"], entry["code"]) for entry in found]
