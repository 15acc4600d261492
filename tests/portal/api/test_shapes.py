from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from portal.api.shapes import array_under, bare_array, ids_under, text_under
from portal.errors import ApiError


def refusal(call: Any, *args: Any, **options: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call(*args, **options)
    return caught.value


@pytest.mark.parametrize(
    ("body", "kind"),
    [({}, "an object"), (None, "null"), ("x", "a string"), (True, "a boolean"), (1.5, "a number")],
)
def test_a_body_that_is_no_array_is_a_422_that_carries_detail_too(body: Any, kind: str) -> None:
    error = refusal(bare_array, body)
    assert error.status == 422
    assert error.code == "INVALID_REQUEST"
    assert error.extra == {"detail": [{"loc": ["body"], "msg": error.message, "type": "list_type"}]}
    assert kind in error.message


def test_an_array_comes_back_as_it_is_also_an_empty_one(settings: Settings) -> None:
    settings.BULK_MAX_ROWS = 2
    assert bare_array([]) == []
    assert bare_array([1, {}]) == [1, {}]
    assert refusal(bare_array, [1, 2, 3]).status == 413


def test_an_array_under_a_key_is_looked_for_there_alone() -> None:
    assert array_under("rows", {"rows": [1], "other": []}) == [1]
    assert array_under("rows", {"rows": []}, least=0) == []
    assert refusal(array_under, "rows", {"rows": []}).details[0]["code"] == "rows.empty"
    assert refusal(array_under, "rows", {"Rows": [1]}).details[0]["code"] == "rows.missing"
    assert refusal(array_under, "rows", {"rows": None}).details[0]["pointer"] == "/rows"


def test_ids_are_strings_and_the_first_that_is_none_is_pointed_at() -> None:
    assert ids_under("ids", {"ids": ["a", ""]}) == ["a", ""]
    assert refusal(ids_under, "ids", {"ids": []}).details[0]["code"] == "ids.empty"
    (fault,) = refusal(ids_under, "ids", {"ids": ["a", 7, None]}).details
    assert (fault["code"], fault["pointer"]) == ("ids.type", "/ids/1")


def test_an_optional_text_is_trimmed_and_bounded() -> None:
    assert text_under("note", {}, most=3) == ""
    assert text_under("note", {"note": None}, most=3) == ""
    assert text_under("note", {"note": " abc "}, most=3) == "abc"
    assert refusal(text_under, "note", {"note": "abcd"}, most=3).details[0]["code"] == (
        "note.too_long"
    )
    assert refusal(text_under, "note", {"note": False}, most=3).details[0]["code"] == "note.type"
