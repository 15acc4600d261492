from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.api.renderers import render_json
from tests.portal.api.echo import SECRET

pytestmark = pytest.mark.urls("tests.portal.api.echo")


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def either_mode(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.DEBUG = request.param


def assert_envelope(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert list(body) == ["success", "message", "error", "request_id"]
    assert body["success"] is False
    assert list(body["error"]) == ["code", "message", "details"]
    assert body["error"]["code"] == code
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


@pytest.mark.usefixtures("either_mode")
class TestWithDebugOnAndOff:
    @pytest.mark.parametrize("path", ["/v2/nothing", "/integrations/v2/x", "/api/", "/v2/é%00"])
    def test_an_unknown_api_address_is_a_json_404(self, client: Client, path: str) -> None:
        assert_envelope(client.get(path), 404, "NOT_FOUND")
        assert_envelope(client.post(path, b"{", content_type="text/x"), 404, "NOT_FOUND")

    @pytest.mark.parametrize("path", ["/v2/fail/bug", "/v2/plain"])
    def test_an_unexpected_error_is_a_json_500_without_its_text(
        self, client: Client, path: str
    ) -> None:
        client.raise_request_exception = False
        response = client.get(path)
        assert_envelope(response, 500, "INTERNAL")
        assert b"Fatima" not in response.content
        assert b"Traceback" not in response.content

    def test_a_busy_database_is_a_503_that_says_when_to_come_back(self, client: Client) -> None:
        response = client.get("/v2/fail/busy")
        assert_envelope(response, 503, "UNAVAILABLE")
        assert int(response.headers["Retry-After"]) > 0

    def test_a_refused_host_is_a_json_400(self, client: Client) -> None:
        response = client.get("/v2/open", headers={"host": "evil.example"})
        assert_envelope(response, 400, "INVALID_REQUEST")

    def test_accept_does_not_change_the_answer(self, client: Client) -> None:
        response = client.get("/v2/open?dry_run=perhaps", headers={"accept": "text/html"})
        assert_envelope(response, 400, "INVALID_REQUEST")


def test_throttling_says_when_to_come_back(client: Client) -> None:
    response = client.get("/v2/fail/throttled")
    assert_envelope(response, 429, "RATE_LIMITED")
    assert response.headers["Retry-After"] == "8"


def test_a_serializers_complaints_become_details_with_pointers(client: Client) -> None:
    body = assert_envelope(client.get("/v2/fail/validation"), 400, "INVALID_REQUEST")
    assert [(d["pointer"], d["message"]) for d in body["error"]["details"]] == [
        ("/rows/0/name", "Too long.")
    ]


def test_outside_the_api_an_unknown_address_is_a_small_page(client: Client) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    assert len(response.content) < 2_000


def test_an_unexpected_error_is_logged_with_the_request_and_without_its_text(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = client.get("/v2/fail/bug", headers={"x-request-id": "find-me"})
    assert response.json()["request_id"] == "find-me"
    logged = "\n".join(f"{record.getMessage()} {record.exc_info}" for record in caplog.records)
    assert "RuntimeError" in logged
    assert "find-me" in logged
    assert "echo.py" in logged
    assert SECRET not in logged


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\ud800", "\ud800"),
        ("a\x00b", "a\x00b"),
        (float("inf"), "inf"),
        ([float("nan"), "NaN", "Infinity"], ["nan", "NaN", "Infinity"]),
        (["\udfff", float("-inf")], ["\udfff", "-inf"]),
        (10**400, 10**400),
    ],
)
def test_hostile_values_are_echoed_as_valid_json(value: Any, shown: Any) -> None:
    content = render_json({"value": value})
    assert json.loads(content.decode("utf-8")) == {"value": shown}


def test_json_is_written_as_utf8_without_escapes() -> None:
    assert render_json({"name": "نورة"}) == '{"name":"نورة"}'.encode()
