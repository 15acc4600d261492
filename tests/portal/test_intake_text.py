from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.text import (
    MAX_DEPTH,
    NOT_FINITE,
    NUL,
    SURROGATE,
    TOO_DEEP,
    excerpt,
    find_unstorable,
    list_unstorable,
    may_hold_unstorable_text,
    storable,
)

any_text = st.text(st.characters(codec=None) | st.sampled_from("\0\ud800\udfff"), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def nested(levels: int) -> Any:
    value: Any = "end"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def can_be_stored(value: Any) -> bool:
    """What PostgreSQL takes: finite numbers, valid UTF-8, no NUL."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError:
        return False
    return rb"\u0000" not in text.replace(rb"\\", b"")


@given(json_values)
def test_exactly_what_cannot_be_stored_is_found(value: Any) -> None:
    assert (find_unstorable(value) is None) == can_be_stored(value)


@given(json_values)
def test_a_storable_copy_can_be_stored_and_is_equal_where_nothing_was_wrong(value: Any) -> None:
    copy = storable(value)
    assert can_be_stored(copy)
    assert find_unstorable(copy) is None
    if find_unstorable(value) is None:
        assert copy == value


@given(json_values)
def test_a_body_that_looks_clean_holds_no_unstorable_text(value: Any) -> None:
    for ascii_only in (True, False):
        body = json.dumps(value, ensure_ascii=ascii_only)
        try:
            sent = body.encode("utf-8")
        except UnicodeEncodeError:
            continue  # not UTF-8, so no body that reaches a parser
        if not may_hold_unstorable_text(sent):
            found = list_unstorable(json.loads(sent))
            assert {reason for _, reason in found} <= {NOT_FINITE}


def test_ordinary_bodies_are_not_suspicious_even_when_names_are_escaped() -> None:
    assert not may_hold_unstorable_text(b'{"name": "Ali Farouk"}')
    assert not may_hold_unstorable_text(json.dumps({"name": "عائشة"}).encode())
    assert not may_hold_unstorable_text('{"name": "عائشة"}'.encode())


@pytest.mark.parametrize("escape", [r"\u0000", r"\uD800", r"\udfff", r"\ud83d\ude00"])
def test_escapes_of_nul_and_surrogates_make_a_body_suspicious(escape: str) -> None:
    assert may_hold_unstorable_text(b'{"name": "%b"}' % escape.encode())


@pytest.mark.parametrize(
    ("value", "pointer", "reason"),
    [
        ({"name": "A\0"}, "/name", NUL),
        ({"name": "A\ud800"}, "/name", SURROGATE),
        ({"extra_args": {"a/b": ["x", {"~": "\udc00"}]}}, "/extra_args/a~1b/1/~0", SURROGATE),
        ({"a\0": 1}, "/a\\u0000", NUL),
        ({"\ud83d": "x"}, "/\\ud83d", SURROGATE),
        ({"n": [1, math.inf]}, "/n/1", NOT_FINITE),
        ({"n": -math.inf}, "/n", NOT_FINITE),
        ({"n": math.nan}, "/n", NOT_FINITE),
        ("\0", "", NUL),
    ],
)
def test_the_place_and_the_reason_are_named(value: Any, pointer: str, reason: str) -> None:
    assert find_unstorable(value) == (pointer, reason)


def test_a_character_outside_the_basic_plane_is_no_lone_surrogate() -> None:
    assert find_unstorable({"name": json.loads(r'"\ud83d\ude00"')}) is None


def test_every_place_is_listed_up_to_a_limit() -> None:
    row = {"a": "\0", "b": {"c": "\0", "d": [math.nan]}}
    assert [pointer for pointer, _ in list_unstorable(row)] == ["/a", "/b/c", "/b/d/0"]
    many = {str(number): ["\0"] for number in range(100)}
    assert len(list_unstorable(many, limit=7)) == 7
    assert len(list_unstorable([many, many], limit=7)) == 7


def test_fifty_levels_inside_a_row_are_taken_and_one_more_is_not() -> None:
    assert find_unstorable({"a": nested(MAX_DEPTH)}) is None
    found = find_unstorable({"a": nested(MAX_DEPTH + 1)})
    assert found is not None
    assert found.reason == TOO_DEEP
    assert found.pointer.count("/") == MAX_DEPTH + 1


def test_thousands_of_levels_exhaust_nobody() -> None:
    value = nested(100_000)
    found = find_unstorable(value)
    assert found is not None
    assert found.reason == TOO_DEEP
    assert find_unstorable(storable(value)) is None


def test_what_is_echoed_is_short_and_storable() -> None:
    assert excerpt("x" * 200) == "x" * 200
    assert excerpt("x" * 10_000_000) == "x" * 200 + "…"
    assert excerpt("A\0\ud800") == "A\\u0000\\ud800"
    assert excerpt({"a": "\0" * 9}) == "(an object of 1 values)"
    assert excerpt(nested(100_000)) == "(a list of 1 values)"
    assert excerpt(math.inf) == "inf"
    assert excerpt(10**500) == "(a very long number)"
    assert [excerpt(value) for value in (None, True, 7, 1.5)] == [None, True, 7, 1.5]
