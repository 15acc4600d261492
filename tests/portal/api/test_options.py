from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.api.limits import check_row_count, limits_text
from portal.api.pagination import decode_cursor, encode_cursor
from portal.api.prefer import preferences
from portal.errors import ApiError

pytestmark = pytest.mark.urls("tests.portal.api.echo")


def options(client: Client, query: str = "", prefer: str = "") -> Any:
    return client.get(f"/v2/open?{query}", headers={"prefer": prefer}).json()


def test_without_a_word_everything_is_lenient(client: Client) -> None:
    assert options(client) == {
        "strict": False,
        "dry_run": False,
        "full": False,
        "profile": "lenient",
    }


def test_each_option_can_be_asked_for(client: Client) -> None:
    asked = options(client, "dry_run=true&detail=full&profile=strict", "handling=strict")
    assert asked == {"strict": True, "dry_run": True, "full": True, "profile": "strict"}


@pytest.mark.parametrize("query", ["dry_run=perhaps", "detail=some", "profile=odd"])
def test_an_unknown_value_is_a_400_that_names_the_known_ones(client: Client, query: str) -> None:
    body = options(client, query)
    assert body["error"]["details"][0]["code"] == "option.unknown"
    assert body["error"]["details"][0]["value"] == query


def test_an_unknown_handling_is_a_400(client: Client) -> None:
    assert options(client, prefer="handling=odd")["error"]["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("handling=strict", {"handling": "strict"}),
        ('HANDLING = "strict"', {"handling": "strict"}),
        ("respond-async, wait=10, handling=strict; why=x", {"handling": "strict"}),
        ("handling=strict, handling=lenient", {"handling": "strict"}),
        ('foo="a, handling=lenient; b", handling=strict', {"handling": "strict"}),
        ("", {}),
        (",;,=", {}),
    ],
)
def test_a_prefer_header_is_read_as_rfc_7240_writes_it(header: str, found: dict[str, str]) -> None:
    read = preferences(header)
    assert {name: value for name, value in read.items() if name == "handling"} == found


def test_one_row_over_the_limit_is_too_many(settings: Settings) -> None:
    settings.BULK_MAX_ROWS = 3
    check_row_count([1, 2, 3], pointer="/requests")
    with pytest.raises(ApiError) as caught:
        check_row_count([1, 2, 3, 4], pointer="/requests")
    assert caught.value.status == 413
    assert caught.value.details[0]["suggestion"] == 3


def test_the_limits_are_said_in_words(settings: Settings) -> None:
    settings.BULK_MAX_ROWS = 12_345
    assert "12,345 rows" in limits_text()
    assert "20 MiB" in limits_text()


@pytest.mark.parametrize("line", [0, 999, 10**12])
def test_a_cursor_comes_back_as_it_went(line: int) -> None:
    assert decode_cursor("line", encode_cursor("line", line)) == line


@pytest.mark.parametrize(
    "text",
    ["", "x", "é", "bGluZTotMQ", "bGluZTowMQ", "\x00", encode_cursor("other", 3), "Zm9v" * 99],
)
def test_a_cursor_of_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        decode_cursor("line", text)
    assert caught.value.details[0]["code"] == "cursor.malformed"
