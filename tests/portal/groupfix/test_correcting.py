"""One correction put into rows: where the fault is, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from portal.groupfix import ANY, SUGGESTED, Correction, corrected


def fault(
    pointer: str, value: Any, *, code: str = "x.bad", suggestion: Any = None
) -> dict[str, Any]:
    """An error as a rejected row keeps it."""
    return {"pointer": pointer, "code": code, "value": value, "suggestion": suggestion}


def right(pattern: str, value: Any, wanted: Any, code: str = "x.bad") -> Correction:
    """The correction of such a fault."""
    return Correction(code, pattern, value, wanted)


def test_the_faulty_value_is_replaced_and_the_given_row_stays_as_it_is() -> None:
    row = {"a": {"b": "old", "c": "old"}}
    assert corrected(row, [fault("/a/b", "old")], right("/a/b", "old", "new")) == {
        "a": {"b": "new", "c": "old"}
    }
    assert row == {"a": {"b": "old", "c": "old"}}


def test_places_of_a_list_are_one_fault_and_only_the_faulty_ones_change() -> None:
    row = {"languages": ["English", "ar", "English"]}
    errors = [fault("/languages/0", "English"), fault("/languages/2", "English")]
    fixed = corrected(row, errors, right("/languages/*", "English", "en"))
    assert fixed == {"languages": ["en", "ar", "en"]}


def test_leaving_it_empty_takes_it_out_of_a_list_from_the_back() -> None:
    row = {"languages": ["?", "ar", "?"]}
    errors = [fault("/languages/0", "?"), fault("/languages/2", "?")]
    assert corrected(row, errors, right("/languages/*", "?", None)) == {"languages": ["ar"]}
    assert corrected({"a": "?"}, [fault("/a", "?")], right("/a", "?", None)) == {"a": None}


def test_each_fault_can_take_its_own_suggestion() -> None:
    row = {"languages": ["English", "Arabic", "Klingon"]}
    errors = [
        fault("/languages/0", "English", suggestion="en"),
        fault("/languages/1", "Arabic", suggestion="ar"),
        fault("/languages/2", "Klingon"),
    ]
    fixed = corrected(row, errors, right("/languages/*", ANY, SUGGESTED))
    assert fixed == {"languages": ["en", "ar", "Klingon"]}


def test_a_field_that_nobody_knows_gets_another_name_or_goes() -> None:
    row = {"config": {"speciality": ["x"]}}
    errors = [fault("/config/speciality", None, code="field.unknown", suggestion="specialties")]
    renamed = right("/config/speciality", ANY, "specialties", code="field.unknown")
    removed = right("/config/speciality", ANY, None, code="field.unknown")
    assert corrected(row, errors, renamed) == {"config": {"specialties": ["x"]}}
    assert corrected(row, errors, removed) == {"config": {}}


def test_a_name_that_is_taken_is_not_overwritten() -> None:
    row = {"speciality": ["x"], "specialties": ["y"]}
    errors = [fault("/speciality", None, code="field.unknown")]
    renamed = right("/speciality", ANY, "specialties", code="field.unknown")
    assert corrected(row, errors, renamed) is row


def test_what_is_missing_is_filled_in() -> None:
    assert corrected({}, [fault("/a", None)], right("/a", None, "x")) == {"a": "x"}


@pytest.mark.parametrize(
    ("row", "pointer"), [({"a": "text"}, "/a/b"), ({"a": []}, "/a/0"), ({}, "/a/b"), (None, "/a")]
)
def test_a_row_without_such_a_place_comes_back_as_it_is(row: Any, pointer: str) -> None:
    pattern = "/a/*" if pointer == "/a/0" else pointer
    assert corrected(row, [fault(pointer, None)], right(pattern, None, "x")) is row


def test_a_row_that_is_no_object_can_be_replaced_as_a_whole() -> None:
    assert corrected("x", [fault("", "x")], right("", "x", {"a": 1})) == {"a": 1}


def test_other_faults_and_values_are_left_alone() -> None:
    row = {"a": "old", "b": 1}
    assert corrected(row, [fault("/a", "old", code="y")], right("/a", "old", "new")) is row
    assert corrected(row, [fault("/a", "other")], right("/a", "old", "new")) is row
    assert corrected(row, [fault("/b", 1)], right("/b", True, 2)) is row


def test_steps_of_a_pointer_are_unescaped() -> None:
    row = {"a/b": {"c~d": "old"}}
    fixed = corrected(row, [fault("/a~1b/c~0d", "old")], right("/a~1b/c~0d", "old", "new"))
    assert fixed == {"a/b": {"c~d": "new"}}
