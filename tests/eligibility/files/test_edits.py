"""What somebody changed in a file of failed rows, and what only a spreadsheet did."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.files.edits import edits_of, is_untouched, with_edits
from tests.eligibility.files.making import as_cells

STORED: dict[str, Any] = {
    "name": "Ali Farouk",
    "phone": "0563657799",
    "dob": "1986-11-13",
    "is_emergency": True,
    "extra_args": {"title": "trimester", "value": "2"},
    "room": "12",
}


def edited(stored: dict[str, Any] | None = None, **cells: str) -> dict[str, Any]:
    """The edits of a file's row in which these cells were typed over."""
    row = STORED if stored is None else stored
    return edits_of(as_cells(row) | cells, row)


def test_what_is_given_back_as_it_was_is_no_edit() -> None:
    assert edited() == {}


@pytest.mark.parametrize("value", [563657799, 1.5, None, ["x"], {"a": [1]}, True])
def test_whatever_its_type_a_value_that_nobody_touched_stays(value: object) -> None:
    assert edited({"phone": value}) == {}


def test_a_changed_cell_is_an_edit_and_a_cleared_one_too() -> None:
    edits = edited(name="Ali Farouq", phone=" ", visit_type="DENTAL")
    assert edits == {"name": "Ali Farouq", "phone": None, "visit_type": "DENTAL"}
    row = with_edits(STORED, edits)
    assert (row["name"], "phone" in row, row["room"]) == ("Ali Farouq", False, "12")


def test_switches_and_extra_arguments_come_back_as_what_they_are() -> None:
    edits = edited(is_emergency="no", extra_args='{"title": "trimester", "value": "3"}')
    assert edits == {"is_emergency": False, "extra_args": {"title": "trimester", "value": "3"}}


def test_fields_without_a_column_stay() -> None:
    assert edits_of({"name": "Ali Farouk"}, STORED) == {}


def test_an_appointment_brings_its_day_along() -> None:
    stored = {"appointment": "03/04/2026 08:00", "service_date": "03/04/2026"}
    assert edits_of({"appointment": "2026-04-03 08:00"}, stored) == {
        "appointment": "2026-04-03 08:00",
        "service_date": "2026-04-03",
    }
    assert edits_of({"appointment": "03/04/2026 08:00"}, stored) == {}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("563657799", "0563657799"),
        ("13/11/1986", "1986-11-13"),
        ("11/13/1986", "1986-11-13"),
        ("3/4/1986", "1986-04-03"),
        ("7.84199E+14", "784198690273820"),
        ("7.84E+14", "784198690273820"),
        ("7,842E+14", "784198690273820"),
        ("0", "000"),
    ],
)
def test_what_a_spreadsheet_does_by_itself_is_no_edit(cell: str, written: str) -> None:
    assert is_untouched(cell, written)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("0563657799", "563657799"),  # somebody gave the number its zero back
        ("563657798", "0563657799"),
        ("14/11/1986", "1986-11-13"),
        ("1986-11-14", "1986-11-13"),
        ("7.85E+14", "784198690273820"),
        ("7.84E+13", "784198690273820"),
        ("", "0563657799"),
        ("0563657799", ""),
        ("1E+999999999", "1" * 300),
    ],
)
def test_what_a_person_types_is_an_edit(cell: str, written: str) -> None:
    assert not is_untouched(cell, written)
