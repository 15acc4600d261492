"""Offsets that Python knows and PostgreSQL does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.eligibility.make_rows import make_row
from tests.eligibility.rest.asking import SCHEDULE, post
from tests.factories import make_portal

pytestmark = pytest.mark.django_db
ODD = "2026-12-31T08:00:00-20:37"


@pytest.fixture
def client() -> Client:
    """A client with a key."""
    return Client(headers={"x-api-key": make_portal()[1]})


@pytest.mark.parametrize(
    "path",
    [
        "/v2/api-integration/tasks?created_since=",
        "/v2/api-integration/tasks?updated_since=",
        "/integrations/v2/resource-records?updatedSince=",
    ],
)
def test_a_filter_takes_a_time_with_any_offset(client: Client, path: str) -> None:
    answer = client.get(path + ODD)

    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_batch_is_scheduled_for_a_time_with_any_offset(client: Client) -> None:
    body: dict[str, Any] = {"requests": [make_row(scheduled_for=ODD)], "scheduled_for": ODD}

    assert post(client, body, SCHEDULE).status_code in (200, 400)
