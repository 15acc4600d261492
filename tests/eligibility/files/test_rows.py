"""A line of a file as a row: what the line itself gives away is told, nothing is dropped."""

from __future__ import annotations

import pytest

from eligibility.files.columns import Columns
from eligibility.files.report import FileReport
from eligibility.files.rows import read_row
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.intake.reasons import by_frequency
from tests.eligibility.files.making import COLUMNS, make_cells

APPOINTMENTS = Columns.read(COLUMNS)


def test_a_good_line_is_a_row_of_a_request() -> None:
    row = read_row(Line(7, make_cells(note="trimester=2")), APPOINTMENTS)
    assert (row.line, row.errors, row.is_row) == (7, (), True)
    assert row.raw["service_date"] == "2026-11-24"
    assert row.raw["extra_args"] == {"title": "trimester", "value": "2"}


def test_a_line_with_a_fault_is_kept_with_its_cells() -> None:
    fault = Issue("", "file.row_long", "Line 7 has 12 cells.")
    cells = make_cells(phone="") | {"column 12": "x"}
    row = read_row(Line(7, cells, fault), APPOINTMENTS)
    assert (row.errors, row.is_row) == ((fault,), False)
    assert row.raw["column 12"] == "x"
    assert "phone" not in row.raw


@pytest.mark.parametrize(
    "first", ["Total", "TOTALS:", "Grand total", "Sub-total", "Sum", "count: 400", "المجموع"]
)
def test_a_line_of_totals_is_called_one(first: str) -> None:
    cells = dict.fromkeys(COLUMNS, "") | {"client_reference": first, "phone": "400"}
    row = read_row(Line(401, cells), APPOINTMENTS)
    assert [issue.code for issue in row.errors] == ["row.totals"]
    assert row.raw == {"client_reference": first, "phone": "400"}
    assert not row.is_row


def test_a_short_line_of_totals_is_called_one_too() -> None:
    fault = Issue("", "file.row_short", "Line 401 has 2 cells.")
    row = read_row(
        Line(401, {"client_reference": "Total", "appointment": "400"}, fault), APPOINTMENTS
    )
    assert [issue.code for issue in row.errors] == ["row.totals"]


def test_a_patient_called_sum_is_a_patient() -> None:
    assert read_row(Line(2, make_cells(client_reference="Sum Li")), APPOINTMENTS).is_row


def test_a_line_without_an_identifier_is_left_to_the_rules() -> None:
    row = read_row(Line(2, make_cells(id_value="")), APPOINTMENTS)
    assert (row.errors, row.is_row) == ((), True)


@pytest.mark.parametrize("text", ["7.84199E+14", "7,84E14", "1.23456789012346E+18"])
def test_an_identifier_that_a_spreadsheet_has_shortened_is_refused(text: str) -> None:
    row = read_row(Line(2, make_cells(id_value=text)), APPOINTMENTS)
    assert [issue.code for issue in row.errors] == ["id_value.shortened"]
    assert row.is_row


def test_a_card_number_with_an_e_is_none() -> None:
    assert read_row(Line(2, make_cells(id_value="E75480108")), APPOINTMENTS).errors == ()


class TestCounting:
    def test_a_row_counts_once_for_each_reason(self) -> None:
        report = FileReport()
        wrong = Issue("/dob", "dob.ambiguous", "Two days.")
        report.count_doubts([wrong, wrong, Issue("/phone", "phone.odd", "Odd.")])
        report.count_doubts([wrong])
        found = [(each.code, each.field, each.rows) for each in by_frequency(report.doubts)]
        assert found == [("dob.ambiguous", "dob", 2), ("phone.odd", "phone", 1)]
        assert report.ambiguous_dates == 2

    def test_counts_survive_being_stored(self) -> None:
        report = FileReport(rows=3, created=1, replayed=1, rejected=1)
        report.count_errors([Issue("/tpa_name", "tpa_name.unknown", "No payer.")])
        again = FileReport()
        again.take_counts(report.as_counts())
        assert again.as_counts() == report.as_counts()
        assert (again.accepted, again.errors) == (2, report.errors)
