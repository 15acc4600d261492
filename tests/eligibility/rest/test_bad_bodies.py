"""Bulk requests that are none: each is refused in the envelope, and nothing is created."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from eligibility.models import EligibilityTask
from portal.models import Clinic, Submission
from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import CREATE, SCHEDULE, SEED_1, details, post
from tests.factories import make_key

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", [CREATE, SCHEDULE])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "body.type"),
        (None, "body.type"),
        ("x", "body.type"),
        (7, "body.type"),
        ({}, "requests.missing"),
        ({"Requests": [{}]}, "requests.missing"),
        ({"requests": None}, "requests.type"),
        ({"requests": {}}, "requests.type"),
        ({"requests": "x"}, "requests.type"),
        ({"requests": []}, "requests.empty"),
    ],
)
def test_the_wrong_shape_is_a_400_that_says_what_is_wrong(
    client: Client, path: str, body: Any, code: str
) -> None:
    response = post(client, body, path)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "INVALID_REQUEST"
    assert [found for _, _, found in details(response)] == [code]


@pytest.mark.parametrize("row", [None, 7, "x", [], True, [{}], {}, {"id_value": 7}])
def test_a_row_that_is_no_row_is_that_rows_error(client: Client, row: Any) -> None:
    data = post(client, {"requests": [make_row(), row]}).json()["data"]
    assert (data["total_created"], data["total_errors"]) == (1, 1)


def test_one_row_over_the_limit_is_a_413_and_creates_nothing(client: Client) -> None:
    response = post(client, {"requests": [make_row()] * 10_001})
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert not EligibilityTask.objects.exists()
    assert not Submission.objects.exists()


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("body", [b"", b"nope", b"[" * 3000, b'{"requests": [], "requests": []}'])
def test_no_json_is_a_400(client: Client, settings: Any, body: bytes, debug: bool) -> None:
    settings.DEBUG = debug
    response = post(client, body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "INVALID_JSON"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("scheduled_for", 7, "scheduled_for.type"),
        ("scheduled_for", "tomorrow", "scheduled_for.format"),
        ("scheduled_for", "2999-01-01T00:00:00Z", "scheduled_for.too_far"),
        ("scheduled_for", "\ud800", "scheduled_for.format"),
        ("description", ["x"], "description.type"),
        ("description", "x" * 501, "description.too_long"),
        ("description", "a\u0000b", "text.unstorable"),
        ("description", "\udfff", "text.unstorable"),
    ],
)
def test_a_bad_field_beside_the_rows_refuses_the_schedule(
    client: Client, field: str, value: Any, code: str
) -> None:
    response = post(client, {"requests": [make_row()], field: value}, SCHEDULE)
    assert response.status_code == 400
    assert details(response) == [(None, f"/{field}", code)]
    assert not EligibilityTask.objects.exists()


def test_a_reader_may_not_create(portal: tuple[Clinic, Client]) -> None:
    _, text = make_key(portal[0], scopes=["eligibility:read"])
    for path in (CREATE, SCHEDULE):
        response = post(Client(headers={"x-api-key": text}), SEED_1, path)
        assert response.status_code == 403
