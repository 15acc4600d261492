"""Whatever the body says: an answer in JSON, below 500, with the envelope when it is an error."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from django.test import Client

from eligibility.schemas import WIRE_NAMES
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import CREATE, JSON, SCHEDULE
from tests.factories import make_portal
from tests.portal.api.hostile import BODIES, TEXTS, as_json
from tests.portal.api.test_authorisation import all_operations

pytestmark = pytest.mark.django_db

RECORDS = "/integrations/v2/resource-records"
NOBODY = "00000000-0000-0000-0000-000000000000"
RECORD: dict[str, Any] = {
    "logicalId": "l-1",
    "integrationId": "6" * 24,
    "config": {
        "type": "practitioners",
        "npi": "1234567893",
        "name": "Amal",
        "gender": "female",
        "status": "active",
        "avatar": "https://example.org/a.png",
        "summary": "x",
        "education": "x",
        "supervisorId": None,
        "languages": ["en"],
        "specialties": [{"code": "207Q00000X", "name": "Family Medicine"}],
        "preferred_visiting_reasons": ["6" * 24],
    },
}


@pytest.fixture
def client(settings: Any) -> Client:
    """A client that may do everything, as often as it likes."""
    settings.QUOTA_CALLS_OF_KEY = settings.QUOTA_CALLS_OF_TEAM = 10**9
    return Client(headers={"x-api-key": make_portal()[1]}, raise_request_exception=False)


def check(answer: Any, what: object) -> None:
    """JSON, below 500, and the one envelope when it is an error."""
    assert answer.status_code < 500, what
    if answer.status_code == 204:
        return
    assert answer.headers["Content-Type"] == "application/json", what
    body = json.loads(answer.content)
    if answer.status_code >= 400:
        assert body["success"] is False, what
        assert body["error"]["code"], what
        assert b"Traceback" not in answer.content, what


def test_no_body_is_a_fault_of_ours(client: Client) -> None:
    asked = 0
    for operation in all_operations():
        path = re.sub(r"\{\w+\}", NOBODY, operation.path)
        for body in BODIES if operation.body is not None else ():
            answer = client.generic(operation.method.upper(), path, body, content_type=JSON)
            check(answer, (operation[:2], body[:50]))
            asked += 1
    assert asked > 60 * 10


def test_no_text_in_a_check_is_a_fault_of_ours(client: Client) -> None:
    for text in TEXTS:
        rows = [make_row(client_reference="") | {name: text} for name in sorted(WIRE_NAMES)]
        rows += [make_row() | {text: "x"}, make_row(extra_args={text: text})]
        check(client.post(CREATE, as_json({"requests": rows}), content_type=JSON), text)
        body = {"requests": [make_row()], "description": text, "scheduled_for": text}
        check(client.post(SCHEDULE, as_json(body), content_type=JSON), text)


def test_no_text_in_a_record_is_a_fault_of_ours(client: Client) -> None:
    for text in TEXTS:
        records = [*_with_text(RECORD, text), {text: text}]
        answer = client.post(f"{RECORDS}/bulk", as_json(records), content_type=JSON)
        check(answer, text)
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == len(records)


def test_no_text_in_an_address_or_a_header_is_a_fault_of_ours(client: Client) -> None:
    checks = "/v2/api-integration"
    lists = [(f"{checks}/tasks", "cursor"), (f"{checks}/tasks", "client_reference")]
    lists += [(f"{checks}/batches", "limit"), (RECORDS, "search"), (RECORDS, "page")]
    for text in TEXTS:
        sendable = text.encode("utf-8", "replace").decode()
        for path, name in lists:
            check(client.get(path, {name: sendable}), (path, name, text))
        line = re.sub(r"[^\x20-\x7e]", "", text)[:8000]
        for name in ("x-clinic-id", "prefer", "idempotency-key"):
            row = as_json({"requests": [make_row()]})
            check(client.post(CREATE, row, content_type=JSON, headers={name: line}), (name, text))


def _with_text(record: dict[str, Any], text: str) -> list[dict[str, Any]]:
    """The record with this text in the place of each of its values, one at a time."""
    found = []
    for path in _places(record, ()):
        changed = copy.deepcopy(record)
        inside: Any = changed
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = text
        found.append(changed)
    return found


def _places(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for step, inside in steps:
        found.append((*path, step))
        if isinstance(inside, dict | list):
            found += _places(inside, (*path, step))
    return found
