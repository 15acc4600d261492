from __future__ import annotations

import io
from datetime import time

import pytest
import xlsxwriter

from portal.intake.readers import Unreadable
from records.importers.fields import path_of
from records.importers.table_out import cells_of
from tests.records.importers.making import faults, opened, read


def config(header: str, line: str) -> object:
    (row,) = read(f"{header}\n{line}\n")
    return {name: said for name, said in row.raw["config"].items() if name != "type"}


def test_dotted_headers_make_lists_of_objects() -> None:
    header = (
        "name,specialties.0.code,specialties.0.name,specialties.1.code,locations.0.locationName"
    )
    assert config(header, "Amal,207Q00000X,Family Medicine,208D00000X,Marina") == {
        "name": "Amal",
        "specialties": [{"code": "207Q00000X", "name": "Family Medicine"}, {"code": "208D00000X"}],
        "locations": [{"locationName": "Marina"}],
    }


def test_bars_separate_items_and_codes_are_told_from_names() -> None:
    said = config("languages,specialties", "en | ar|,207Q00000X|Dentist")
    assert said == {
        "languages": ["en", "ar"],
        "specialties": [{"code": "207Q00000X"}, {"name": "Dentist"}],
    }


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("workingHours", "mon=09:00-12:30,13:30-17:00"),
        ("hours", "MON = 9:00 - 12:30 , 13:30-17:00"),
        ("workingHours.mon", "09:00-12:30,13:30-17:00"),
    ],
)
def test_hours_are_written_in_several_ways(header: str, cell: str) -> None:
    mon = [{"start": "09:00", "end": "12:30"}, {"start": "13:30", "end": "17:00"}]
    assert config(f"name,{header}", f'Amal,"{cell}"') == {
        "name": "Amal",
        "workingHours": {"mon": mon},
    }


def test_hours_may_have_a_column_for_each_end() -> None:
    header = "name,workingHours.mon.0.start,workingHours.mon.0.end"
    assert config(header, "Amal,9:00,17:00:00") == {
        "name": "Amal",
        "workingHours": {"mon": [{"start": "09:00", "end": "17:00"}]},
    }


@pytest.mark.parametrize("cell", ["9 to 5", "mon=9", "fun=09:00-10:00", "mon=09:00-10:00|mon="])
def test_hours_that_cannot_be_read_are_that_rows_error(cell: str) -> None:
    first, second = read(f"name,workingHours\nAmal,{cell}\nBasim,mon=09:00-10:00\n")
    assert faults([first]) == ["hours.format"]
    assert first.errors[0].pointer == "/config/workingHours"
    assert first.raw["config"]["workingHours"] == cell
    assert cells_of(first.raw)["workingHours"] == cell
    assert faults([second]) == []


def test_a_number_that_a_program_wrote_with_a_point_is_an_npi() -> None:
    assert config("name,npi", "Amal,1255334207.0") == {"name": "Amal", "npi": "1255334207"}


def test_a_workbooks_numbers_and_times_are_read_as_people_see_them() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        clock = workbook.add_format({"num_format": "hh:mm"})
        for column, name in enumerate(
            ["npi", "name", "workingHours.tue.0.start", "workingHours.tue.0.end"]
        ):
            sheet.write(0, column, name)
        sheet.write_number(1, 0, 1255334207.0)
        sheet.write_string(1, 1, "Amal")
        sheet.write_datetime(1, 2, time(9, 0), clock)
        sheet.write_number(1, 3, 0.75)
    (row,) = read(file.getvalue())
    assert row.raw["config"]["npi"] == "1255334207"
    assert row.raw["config"]["workingHours"] == {"tue": [{"start": "09:00", "end": "18:00"}]}


def test_a_column_that_nobody_knows_stays_in_the_row_and_is_said() -> None:
    with opened("name,speciality\nAmal,Dentist\n") as source:
        assert source.notices == ["The column 'speciality' is not known."]
        (row,) = source.rows
    assert row.raw["config"]["speciality"] == "Dentist"


@pytest.mark.parametrize(
    ("column", "path"),
    [
        ("Logical ID", ("logicalId",)),
        ("config.npi", ("npi",)),
        ("Full name", ("name",)),
        ("preferred visiting reasons", ("preferred_visiting_reasons",)),
        ("SPECIALTIES.00.CODE", ("specialties", "0", "code")),
        ("workinghours.MON.1.End", ("workingHours", "mon", "1", "end")),
        ("specialties.0", None),
        ("workingHours.noday", None),
        ("name.first", None),
    ],
)
def test_columns_are_found_whatever_their_case(column: str, path: object) -> None:
    assert path_of(column) == path


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "npi,NPI number\n1,2\n", "name,config.name\n1,2\n"])
def test_columns_that_are_not_clear_are_refused_as_a_whole(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        opened(text)
    assert refused.value.code == "columns"


def test_a_stray_quote_costs_its_own_line_alone() -> None:
    rows = read('name,npi\nAmal,1\n"Bas"im,2\nChadi,3\n')
    assert [row.is_row for row in rows] == [True, False, True]
    assert faults(rows) == ["file.quote"]
    assert [row.line for row in rows] == [2, 3, 4]


def test_a_row_says_which_rejected_row_it_corrects() -> None:
    (row,) = read("row_id,version,name,line,code,message\nabc,3,Amal,7,npi.format,Wrong\n")
    assert (row.row_id, row.version) == ("abc", "3")
    assert row.raw == {"config": {"type": "practitioners", "name": "Amal"}}
