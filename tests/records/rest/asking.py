"""The document's own request, and how the tests send rows."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

RECORDS = "/integrations/v2/resource-records"
BULK = f"{RECORDS}/bulk"
JSON = "application/json"
ID = "5eb7cf5a86d9755df3a6c593"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEED_CONFIG: dict[str, Any] = {
    "type": "practitioners",
    "organizationId": "<string>",
    "id": "<string>",
    "npi": "<string>",
    "name": "<string>",
    "gender": "<string>",
    "avatar": "<string>",
    "summary": "<string>",
    "qualification": "<string>",
    "education": "<string>",
    "supervisorId": ID,
    "status": "active",
    "languages": ["<string>"],
    "specialties": [{"name": "<string>", "code": "<string>"}],
    "locations": [{"locationId": "<string>", "locationName": "<string>"}],
    "workingHours": {day: [{"start": "<string>", "end": "<string>"}] for day in DAYS},
    "preferred_visiting_reasons": [ID],
}
SEED_3 = [{"logicalId": "<string>", "integrationId": ID, "config": SEED_CONFIG}]


def send(client: Client, body: Any, path: str = BULK, method: str = "post", **headers: str) -> Any:
    """Send a body (raw, or to be written as JSON) with the client's key."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(method.upper(), path, raw, content_type=JSON, headers=headers)


def results(response: Any) -> list[Any]:
    """The entries of an answer, which is 200."""
    assert response.status_code == 200, response.content
    found: list[Any] = response.json()["results"]
    return found


def details(response: Any) -> list[tuple[str, str]]:
    """The faults that an error names: (pointer, code)."""
    return [(each["pointer"], each["code"]) for each in response.json()["error"]["details"]]
