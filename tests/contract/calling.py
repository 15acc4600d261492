"""Call the API as a client does that knows nothing but the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

CHECKS = "/v2/api-integration"
CREATE = f"{CHECKS}/bulk/create-tasks"
SCHEDULE = f"{CHECKS}/schedule-tasks"
RECORDS = "/integrations/v2/resource-records"
NOBODY = "11111111-1111-4111-8111-111111111111"
"""An id of nothing."""

PERSON = {"id_type": "EMIRATESID", "id_value": "784-1900-0000001-9"}
"""Somebody who can be searched for at several payers."""


class Caller:
    """A client with its headers. Bodies are written as JSON unless they are bytes."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request; `x_clinic_id` is written X-Clinic-Id."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = named.pop("content-type", "application/json")
        return self._client.generic(
            method, path, raw, content_type=kind, headers={**self._headers, **named}
        )

    def get(self, path: str, **headers: str) -> Any:
        """A GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """A POST."""
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        """A PATCH."""
        return self.call("PATCH", path, body, **headers)

    def create(self, *rows: Any, path: str = CREATE, **headers: str) -> Any:
        """Send rows to bulk/create-tasks."""
        return self.post(path, {"requests": list(rows)}, **headers)

    def task_id(self, **fields: Any) -> str:
        """The id of a new task."""
        found: str = self.create(row(**fields)).json()["data"]["tasks"][0]["task_id"]
        return found


def row(*without: str, **fields: Any) -> dict[str, Any]:
    """A row without a fault."""
    whole = {
        "id_value": "SYN-ELIGIBLE",
        "id_type": "CARDNUMBER",
        "tpa_name": "TPA002",
        "visit_type": "OUTPATIENT",
    } | fields
    return {name: value for name, value in whole.items() if name not in without}


def bad(**fields: Any) -> dict[str, Any]:
    """A row for a payer that nobody knows."""
    return row(**{"tpa_name": "NOBODY"} | fields)


def code(response: Any) -> tuple[int, str]:
    """Status and code of an error in the envelope."""
    return response.status_code, response.json()["error"]["code"]


def faults(response: Any) -> list[str]:
    """The codes of an error's details."""
    return [entry["code"] for entry in response.json()["error"]["details"]]


def data(response: Any) -> Any:
    """The data of a success."""
    assert response.status_code == 200, response.content
    return response.json()["data"]
