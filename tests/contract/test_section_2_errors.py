"""Section 2: errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError

from portal.errors import STATUS, ErrorCode
from tests.contract.calling import (
    CHECKS,
    CREATE,
    NOBODY,
    RECORDS,
    Caller,
    bad,
    code,
    data,
    faults,
    row,
)

CONTRACT = {
    "INVALID_JSON": 400,
    "INVALID_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "CONFLICT": 409,
    "PRECONDITION_FAILED": 412,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}


def test_the_codes_and_their_statuses_are_those_of_the_contract() -> None:
    assert {code.value: STATUS[code] for code in ErrorCode} == CONTRACT


def test_there_is_one_envelope_with_row_pointer_code_value_and_suggestion(api: Caller) -> None:
    answer = api.create(row(visit_type="OUTPATIENTS"), bad())
    body = answer.json()
    assert set(body) == {"success", "message", "error", "request_id"}
    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["request_id"] == answer.headers["X-Request-ID"]
    first = body["error"]["details"][0]
    assert set(first) == {"row", "pointer", "code", "message", "value", "suggestion"}
    assert (first["row"], first["pointer"]) == (0, "/requests/0/visit_type")
    assert (first["value"], first["suggestion"]) == ("OUTPATIENTS", "OUTPATIENT")
    assert body["error"]["details"][1]["pointer"] == "/requests/1/tpa_name"


def test_invalid_request_is_422_for_a_body_that_is_no_array_under_integrations(
    api: Caller,
) -> None:
    answer = api.post(f"{RECORDS}/bulk", {"rows": []})
    assert code(answer) == (422, "INVALID_REQUEST")
    (entry,) = answer.json()["detail"]
    assert (entry["loc"], entry["type"]) == (["body"], "list_type")
    assert entry["msg"]


def test_not_found_is_404(api: Caller) -> None:
    assert code(api.get(f"{CHECKS}/tasks/{NOBODY}")) == (404, "NOT_FOUND")
    assert code(api.get(f"{CHECKS}/no-such-address")) == (404, "NOT_FOUND")


def test_method_not_allowed_is_405(api: Caller) -> None:
    assert code(api.call("DELETE", f"{CHECKS}/health")) == (405, "METHOD_NOT_ALLOWED")
    assert code(api.get(CREATE)) == (405, "METHOD_NOT_ALLOWED")


def test_conflict_is_409(api: Caller) -> None:
    # A task in line cannot be asked once more.
    assert code(api.post(f"{CHECKS}/tasks/{api.task_id()}/retry")) == (409, "CONFLICT")


def test_a_stale_if_match_is_412(api: Caller) -> None:
    path = f"{CHECKS}/tasks/{api.task_id()}"
    answer = api.patch(path, {"name": "A"}, if_match='"99"')
    assert code(answer) == (412, "PRECONDITION_FAILED")


def test_a_media_type_that_is_not_json_is_415(api: Caller) -> None:
    answer = api.post(CREATE, b"a=b", content_type="application/x-www-form-urlencoded")
    assert code(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_fault_of_ours_is_500_without_a_traceback(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **named: Any) -> Any:
        raise ZeroDivisionError("the name of a patient")

    monkeypatch.setattr("eligibility.operations.create_tasks", fail)
    answer = api.create(row())
    assert code(answer) == (500, "INTERNAL")
    assert "patient" not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()


def test_a_database_out_of_reach_is_503_with_retry_after(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **named: Any) -> Any:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("eligibility.operations.create_tasks", fail)
    answer = api.create(row())
    assert code(answer) == (503, "UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0


DEEP = b'{"requests": ' + b"[" * 201 + b"]" * 201 + b"}"
NOT_JSON = {
    "more than 200 levels": DEEP,
    "duplicate keys": b'{"requests": [], "requests": []}',
    "UTF-16": '{"requests": []}'.encode("utf-16"),
    "an empty body": b"",
}


@pytest.mark.parametrize("what", NOT_JSON)
@pytest.mark.parametrize("path", [CREATE, f"{RECORDS}/bulk"])
def test_each_of_these_bodies_is_400_invalid_json(api: Caller, path: str, what: str) -> None:
    answer = api.post(path, NOT_JSON[what])
    assert code(answer) == (400, "INVALID_JSON")
    assert answer.headers["Content-Type"] == "application/json"


def test_a_body_over_the_limit_is_413(api: Caller, settings: Any) -> None:
    settings.BULK_MAX_BYTES = 100
    answer = api.post(CREATE, b'{"requests": ["' + b"x" * 100 + b'"]}')
    assert code(answer) == (413, "PAYLOAD_TOO_LARGE")


HOSTILE_ROWS = {
    "more than 50 levels inside a row": json.dumps(row()).replace(
        '"OUTPATIENT"', f'"OUTPATIENT", "extra_args": {{"a": {"[" * 51 + "]" * 51}}}'
    ),
    "1e999": json.dumps(row()).replace('"OUTPATIENT"', '"OUTPATIENT", "priority": 1e999'),
    "NUL": json.dumps(row(name="a\0b")),
    "a lone surrogate": json.dumps(row(name="\ud800")),
}


@pytest.mark.parametrize("what", HOSTILE_ROWS)
def test_each_of_these_is_that_rows_error_and_its_neighbours_are_created(
    api: Caller, what: str
) -> None:
    body = f'{{"requests": [{HOSTILE_ROWS[what]}, {json.dumps(row())}]}}'
    answer = data(api.post(CREATE, body.encode()))
    assert (answer["total_created"], answer["total_errors"]) == (1, 1)
    assert {error["row"] for error in answer["errors"]} == {0}


def test_never_an_html_page_whatever_accept_says(api: Caller) -> None:
    for path in (f"{CHECKS}/tasks/{NOBODY}", f"{CHECKS}/nothing", CREATE):
        answer = api.get(path, accept="text/html")
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json()["success"] is False
    assert faults(api.post(CREATE, {"requests": "x"})) == ["requests.type"]
