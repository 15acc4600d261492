"""Columns find their fields by name; what is unclear is said, never guessed."""

from __future__ import annotations

import pytest

from eligibility.files import fields
from eligibility.files.columns import Columns, WrongColumns
from eligibility.files.export import EDITABLE, FAILED_COLUMNS
from eligibility.schemas import DISPLAY_NAMES, WIRE_NAMES

NEEDED = ("id_value", "id_type", "tpa_name")


def refused(*header: str, **mapping: str) -> dict[str, str | None]:
    """The codes of what is unclear, with what is suggested."""
    with pytest.raises(WrongColumns) as caught:
        Columns.read(header, mapping)
    assert not [name for name in header if name in str(caught.value)]
    return {issue.code: issue.suggestion for issue in caught.value.issues}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("ID Value", "id_value"),
        ("id-type", "id_type"),
        ("TPANAME", "tpa_name"),
        ("Doctor Name", "doctorName"),
        ("doctorname", "doctorName"),
        ("Patient Name", "name"),
        ("Date of Birth", "dob"),
        ("mobile no.", "phone"),
        ("Payer", "tpa_name"),
        ("Payer Name", "payerName"),
        ("Appointment Date", "appointment"),
        ("Insurance as written", "insurance_as_written"),
        ("Notes", "note"),
    ],
)
def test_a_column_is_a_field_in_any_case_and_by_the_usual_words(column: str, field: str) -> None:
    others = [name for name in NEEDED if name != field]
    assert Columns.read([column, *others]).of[column] == field


def test_every_field_is_a_column_under_its_own_name() -> None:
    columns = Columns.read(sorted(fields.FIELDS))
    assert all(name == field for name, field in columns.of.items())
    assert columns.notices == ()


def test_every_field_can_be_edited_in_a_file_of_failed_rows() -> None:
    assert set(EDITABLE) == WIRE_NAMES | DISPLAY_NAMES
    assert len(set(FAILED_COLUMNS)) == len(FAILED_COLUMNS)
    assert Columns.read(FAILED_COLUMNS).row_ids == "row_id"


class TestWhatIsUnclear:
    def test_a_slip_of_the_finger_is_asked_about(self) -> None:
        assert refused(*NEEDED, "phnoe") == {"column.unknown": "phone"}
        assert refused(*NEEDED, "dobb") == {"column.unknown": "dob"}

    def test_no_slip_is_seen_where_the_field_has_its_column(self) -> None:
        columns = Columns.read([*NEEDED, "phone", "phones"])
        assert columns.of["phones"] == "phones"

    def test_a_column_that_nobody_knows_is_kept_and_said(self) -> None:
        columns = Columns.read([*NEEDED, "room", "clinic", "patient id"])
        assert [columns.of[name] for name in ("room", "clinic")] == ["room", "clinic"]
        room, _, patient = columns.notices
        assert room == "The column 'room' is not known: kept with each row, not used."
        assert patient.endswith("If it is client_reference, map it: patient id=client_reference.")

    def test_a_missing_column_is_named_with_one_that_may_be_it(self) -> None:
        assert refused("Emirates ID", "id_type", "tpa_name") == {"column.missing": "Emirates ID"}

    def test_a_file_without_a_header_is_asked_about(self) -> None:
        assert "column.no_header" in refused("Anjali Haddad", "2012-04-21", "784-2012-0607486-2")

    def test_two_columns_for_one_field_are_refused(self) -> None:
        assert refused(*NEEDED, "dob", "Date of Birth") == {"column.twice": "dob"}


class TestMappings:
    def test_a_mapping_says_what_a_column_is(self) -> None:
        columns = Columns.read(["Emirates ID", "id_type", "tpa_name"], {"emirates id": "ID VALUE"})
        assert columns.of["Emirates ID"] == "id_value"

    def test_a_mapping_can_leave_a_column_out(self) -> None:
        columns = Columns.read([*NEEDED, "room"], {"room": ""})
        assert columns.cells({"id_value": "1", "room": "12"}) == {"id_value": "1"}
        assert columns.notices == ()

    def test_a_mapping_settles_two_columns_for_one_field(self) -> None:
        columns = Columns.read([*NEEDED, "dob", "Date of Birth"], {"dob": ""})
        assert columns.of["Date of Birth"] == "dob"

    def test_a_mapping_of_what_is_not_there_is_refused(self) -> None:
        assert refused(*NEEDED, nobody="phone") == {"column.missing": None}
        assert refused(*NEEDED, id_type="phne") == {"column.unknown_field": "phone"}


class TestThePortalsOwnColumns:
    def test_remarks_that_come_back_are_left_out(self) -> None:
        columns = Columns.read([*NEEDED, "line", "field", "code", "message", "suggestion"])
        assert columns.cells({"id_value": "1", "message": "x"}) == {"id_value": "1"}
        assert columns.notices == (
            "Left out, as the portal's own remarks: 'line', 'field', 'code', 'message',"
            " 'suggestion'.",
        )

    def test_a_row_id_makes_it_a_correction_of_whatever_columns_it_has(self) -> None:
        columns = Columns.read(["Row ID", "version", "phone"])
        assert (columns.row_ids, columns.versions) == ("Row ID", "version")
        assert columns.notices == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [("31729", "1986-11-13"), (" 31729 ", "1986-11-13"), ("1986-11-13", "1986-11-13"), ("x", "x")],
)
def test_a_spreadsheets_number_is_a_day_in_a_field_of_days(cell: str, said: str) -> None:
    columns = Columns.read([*NEEDED, "dob", "phone"], dates_from=1900)
    assert columns.cells({"dob": cell, "phone": "31729"}) == {"dob": said, "phone": "31729"}
    assert Columns.read([*NEEDED, "dob"]).cells({"dob": cell}) == {"dob": cell}
