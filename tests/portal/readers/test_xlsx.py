"""Excel workbooks: what a person reads in the sheet, as text."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

import pytest

from portal.intake.readers import read_table
from portal.intake.readers.serials import day_of_serial
from portal.intake.readers.xlsx import text_of
from tests.portal.readers.making import cell, make_package, make_workbook, read, refusal


def test_rows_are_numbered_as_the_sheet_numbers_them() -> None:
    found = read(make_workbook([["id", "name"], ["1", "Ali"], [], ["2", "Sara"]]), "list.xlsx")
    assert found.columns == ("id", "name")
    assert found.rows == [["1", "Ali"], ["2", "Sara"]]
    assert found.numbers == [2, 4]
    assert (found.read_as, found.notices, found.blank) == ("Excel workbook", (), 1)


def test_a_list_may_begin_anywhere_in_the_sheet() -> None:
    rows = [[], [], ["", "", "id", "name"], ["", "", "1", "Ali"]]
    found = read(make_workbook(rows), "list.xlsx")
    assert (found.columns, found.rows, found.numbers) == (("id", "name"), [["1", "Ali"]], [4])


def test_text_keeps_its_zeros_and_numbers_lose_their_point() -> None:
    rows: list[list[object]] = [["a", "b", "c", "d"], ["007", 1255334207.0, 784198690273820.0, 1.5]]
    assert read(make_workbook(rows), "x.xlsx").rows == [
        ["007", "1255334207", "784198690273820", "1.5"]
    ]


def test_dates_times_and_durations_are_written_out() -> None:
    moment = datetime(2026, 11, 24, 8, 3)  # noqa: DTZ001
    names: list[object] = ["a", "b", "c", "d"]
    rows: list[list[object]] = [names, [moment.date(), moment, time(9, 30), timedelta(hours=30)]]
    formats = {(1, 0): "yyyy-mm-dd", (1, 1): "d/m/yy h:mm", (1, 2): "hh:mm", (1, 3): "[h]:mm"}
    assert read(make_workbook(rows, formats=formats), "x.xlsx").rows == [
        ["2026-11-24", "2026-11-24 08:03", "09:30", "30:00"]
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "TRUE"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1e15, "1.00000000000000E+15"),
        (1234567890123456789.0, "1.23456789012346E+18"),
        (datetime(2026, 11, 24, 8, 2, 59, 999_900), "2026-11-24 08:03"),  # noqa: DTZ001
        (datetime(2026, 11, 24, 8, 2, 7), "2026-11-24 08:02:07"),  # noqa: DTZ001
        (date(1986, 11, 13), "1986-11-13"),
        (timedelta(seconds=-90), "-00:01:30"),
    ],
)
def test_a_value_is_written_as_a_person_would(value: object, text: str) -> None:
    assert text_of(value) == text


def test_formulas_come_as_what_they_show() -> None:
    sheet = (
        '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><v>=1+1</v></c></row>'
    )
    assert read(make_package(sheet), "x.xlsx").rows == [["2", "=1+1"]]


class TestSheets:
    def test_the_first_one_is_read_and_the_others_are_said(self) -> None:
        found = read(make_workbook([["id"], ["1"]], [["other"]]), "x.xlsx")
        assert found.columns == ("id",)
        assert "'Sheet 2'" in found.notices[0]

    def test_one_can_be_asked_for_by_name(self) -> None:
        found = read(make_workbook([["id"]], [["other"], ["1"]]), "x.xlsx", sheet=" sheet 2")
        assert found.columns == ("other",)

    def test_a_hidden_one_is_passed_over_and_said(self) -> None:
        book = make_workbook([["secret"], ["1"]], [["id"], ["2"]], hidden=[0])
        found = read(book, "x.xlsx")
        assert found.columns == ("id",)
        assert "'Sheet 1' (hidden)" in found.notices[0]

    def test_a_hidden_one_is_read_when_asked_for(self) -> None:
        book = make_workbook([["secret"], ["1"]], [["id"], ["2"]], hidden=[0])
        found = read(book, "x.xlsx", sheet="Sheet 1")
        assert found.columns == ("secret",)
        assert found.notices[-1] == "The sheet 'Sheet 1' is hidden."

    def test_one_that_is_not_there_is_refused(self) -> None:
        assert refusal(make_workbook([["id"]]), sheet="Sheet 9").code == "file.sheet"

    def test_an_empty_one_is_refused(self) -> None:
        assert refusal(make_workbook([])).code == "file.empty"


class TestWidths:
    def test_blank_columns_behind_the_list_are_nothing(self) -> None:
        book = make_workbook([["id", "name", ""], ["1", "Ali", ""], ["2", "Sara", " "]])
        found = read(book, "x.xlsx")
        assert (found.columns, found.faults) == (("id", "name"), {})

    def test_a_cell_under_no_name_is_a_fault(self) -> None:
        found = read(make_workbook([["id", "name"], ["1", "Ali", "x"]]), "x.xlsx")
        assert found.faults == {2: "file.row_long"}
        assert found.lines[0].cells == {"id": "1", "name": "Ali", "column 3": "x"}

    def test_two_columns_of_one_name_are_refused(self) -> None:
        assert refusal(make_workbook([["id", "Id"]]), "x.xlsx").code == "file.header_twice"


class TestDaysAsSpreadsheetsCount:
    @pytest.mark.parametrize(
        ("text", "dates_from", "day"),
        [
            ("31729", 1900, "1986-11-13"),
            ("61", 1900, "1900-03-01"),
            ("60", 1900, None),
            ("46350.3354166667", 1900, "2026-11-24 08:03"),
            ("30267", 1904, "1986-11-13"),
            ("73050", 1900, "2099-12-31"),
            ("73051", 1900, None),
            ("1986-11-13", 1900, None),
            ("-5", 1900, None),
            ("", 1900, None),
            ("٣١٧٢٩", 1900, None),
        ],
    )
    def test_a_serial_is_a_day_where_it_can_be_one(
        self, text: str, dates_from: int, day: str | None
    ) -> None:
        assert day_of_serial(text, dates_from) == day

    @pytest.mark.parametrize("old", [False, True])
    def test_the_workbook_says_from_when_it_counts(self, old: bool) -> None:
        book = make_workbook([["dob"], [31729]], date_1904=old)
        with read_table(io.BytesIO(book), "x.xlsx") as table:
            assert table.dates_from == (1904 if old else 1900)
            assert next(table.lines).cells == {"dob": "31729"}

    def test_text_counts_no_days(self) -> None:
        with read_table(io.BytesIO(b"dob\n31729\n"), "x.csv") as table:
            assert table.dates_from is None


def test_a_workbook_under_a_texts_name_is_read_as_a_workbook() -> None:
    found = read(make_workbook([["id"], ["1"]]), "list.CSV")
    assert found.rows == [["1"]]
    assert "is an Excel workbook" in found.notices[0]


def test_cells_that_do_not_say_where_they_are_stand_side_by_side() -> None:
    sheet = "<row><c t='str'><v>a</v></c><c t='str'><v>b</v></c></row><row><c><v>1</v></c></row>"
    assert read(make_package(sheet), "x.xlsx").rows == [["1", ""]]


def test_a_format_a_million_rows_below_is_no_cell() -> None:
    sheet = f'<row r="1">{cell("A1", "id")}</row><row r="2">{cell("A2", "1")}</row>'
    sheet += '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    found = read(make_package(sheet, before='<dimension ref="A1:XFD1048576"/>'), "x.xlsx")
    assert found.rows == [["1"]]
