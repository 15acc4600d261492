from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.portal.api.echo")
JSON = "application/json"


def post(client: Client, body: bytes, content_type: str = JSON, **headers: str) -> Any:
    return client.post("/v2/open", body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"nope",
        b"[" * 3_000,
        b"[" * 1_000_000,
        b'{"a":' * 3_000,
        b'{"a": 1, "a": 2}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\xff"}',
        b"\x00",
    ],
)
@pytest.mark.parametrize("debug", [True, False])
def test_a_body_that_is_no_json_is_a_400(
    client: Client, settings: Any, body: bytes, debug: bool
) -> None:
    settings.DEBUG = debug
    response = post(client, body)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == JSON
    assert response.json()["error"]["code"] == "INVALID_JSON"
    assert response.json()["error"]["details"][0]["code"].startswith("json.")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_another_content_type_is_a_415(client: Client, content_type: str) -> None:
    response = post(client, b'{"a": 1}', content_type)
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_parameters_and_case_of_the_content_type_do_not_matter(
    client: Client, content_type: str
) -> None:
    assert post(client, b'{"a": 1}', content_type).json()["body"] == {"a": 1}


def test_a_compressed_body_is_a_415(client: Client) -> None:
    response = post(client, b"\x1f\x8b", **{"content-encoding": "gzip"})
    assert response.status_code == 415


@pytest.mark.parametrize("body", [b"null", b"[]", b"0", b'""', b"{}"])
def test_any_json_reaches_the_view(client: Client, body: bytes) -> None:
    assert post(client, body).status_code == 200


def test_hostile_values_reach_the_view_with_a_warning_and_come_back(client: Client) -> None:
    answer = post(client, b'{"a": "\\ud800", "b": 1e999, "c": "\\u0000"}').json()
    assert answer == {"body": {"a": "\ud800", "b": "inf", "c": "\x00"}, "suspicious": True}
    assert post(client, b'{"a": "b"}').json()["suspicious"] is False
