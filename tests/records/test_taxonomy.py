from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records import taxonomy_file
from records.data.taxonomy import COMMON, INDIVIDUAL
from records.models import TaxonomyCode
from records.rules import Facts
from records.rules.npi import LENGTH
from records.rules.resting import resting_rules
from records.rules.severity import SEVERITIES
from tests.records.rules.make_records import FACTS, check_one, make_record, told

HEADER = "Code,Grouping,Classification,Specialization,Definition,Notes,Display Name,Section"
LINES = [
    '207Q00000X,Physicians,Family,,"Two lines\nof text",,Family Medicine Physician,Individual',
    "207N00000X,Physicians,Dermatology,,,,Dermatology Physician,Individual",
    '341800000X,Transport,,,,,"Military Transport, ",Non-Individual',
]


def make_file(folder: Path, *lines: str, header: str = HEADER) -> str:
    path = folder / "taxonomy.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def load(path: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("load_taxonomy", path, stdout=out, **options)
    return out.getvalue().strip()


def stored() -> dict[str, tuple[str, str]]:
    rows = TaxonomyCode.objects.values_list("code", "display_name", "section")
    return {code: (name, section) for code, name, section in rows}


@pytest.mark.django_db
def test_the_published_file_is_loaded_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    path = make_file(tmp_path, *LINES)
    assert load(path) == "3 created, 0 updated, 0 unchanged, 0 kept besides"
    assert stored() == {
        "207Q00000X": ("Family Medicine Physician", "Individual"),
        "207N00000X": ("Dermatology Physician", "Individual"),
        "341800000X": ("Military Transport", "Non-Individual"),
    }
    assert load(path) == "0 created, 0 updated, 3 unchanged, 0 kept besides"


@pytest.mark.django_db
def test_names_that_changed_are_updated_and_retired_codes_are_kept(tmp_path: Path) -> None:
    load(make_file(tmp_path, *LINES))
    path = make_file(tmp_path, "207N00000X,Skin Doctor", header="code,display_name")
    assert load(path, dry_run=True) == "0 created, 1 updated, 0 unchanged, 2 kept besides"
    assert stored()["207N00000X"] == ("Dermatology Physician", "Individual")
    assert load(path) == "0 created, 1 updated, 0 unchanged, 2 kept besides"
    assert stored()["207N00000X"] == ("Skin Doctor", "")
    assert len(stored()) == 3


@pytest.mark.django_db
def test_a_thousand_codes_are_written_in_a_handful_of_statements(tmp_path: Path) -> None:
    lines = [f"{number:09d}X,Name {number}" for number in range(1_000)]
    path = make_file(tmp_path, *lines, header="code,display name")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert load(path).startswith("1000 created")
    assert len(queries) < 12


@pytest.mark.django_db
def test_a_workbook_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "taxonomy.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Code", "Display Name", "Section"])
        sheet.write_row(1, 0, ["207N00000X", "Dermatology Physician", "Individual"])
    assert load(str(path)).startswith("1 created")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "header", "complaint"),
    [
        ([], HEADER, "no codes"),
        (LINES, "Code,A,B,C,D,E,F,G", "Line 1: no column Display Name .the file has: Code"),
        (LINES, "A,B,C,D,E,F,G,H", "no column Code and no column Display Name"),
        ([*LINES, LINES[1]], HEADER, "Line 6: the code stands in the file twice"),
        ([*LINES, "207q,,,,,,Name,"], HEADER, "Line 6: a code has 10"),
        ([*LINES, ",,,,,,Name,"], HEADER, "Line 6: a code has 10"),
        ([*LINES, "208D00000X,,,,,,,"], HEADER, "Line 6: the code has no display name"),
        ([*LINES, f"208D00000X,,,,,,{'x' * 301},"], HEADER, "Line 6: .* too long"),
        ([*LINES, "208D00000X,"], HEADER, "Line 6 has 2 cells and the header has 8"),
        ([f"bad{n},Name" for n in range(99)], "code,display_name", "89 more lines"),
    ],
)
def test_a_file_of_no_use_is_said_by_line_and_changes_nothing(
    tmp_path: Path, lines: list[str], header: str, complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint) as caught:
        load(make_file(tmp_path, *lines, header=header))
    assert caught.value.returncode == 2
    assert stored() == {}


@pytest.mark.parametrize("content", [None, b"", b"%PDF-1.7", b"\xff\xfe\x00"])
def test_a_file_that_is_no_table_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "taxonomy.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        load(str(path))
    assert caught.value.returncode == 2


def test_the_short_list_that_ships_is_made_of_well_formed_codes(tmp_path: Path) -> None:
    lines = [f'{each.code},"{each.name}",{each.section}' for each in COMMON.values()]
    path = make_file(tmp_path, *lines, header="code,display_name,section")
    assert taxonomy_file.read(Path(path)) == COMMON
    assert len(COMMON) > 40
    assert {each.section for each in COMMON.values()} == {INDIVIDUAL}
    assert all(len(code) == LENGTH for code in COMMON)


def test_the_short_list_judges_nobody() -> None:
    row = make_record(specialties=[{"code": "999Q00000X", "name": "Nothing"}])
    assert told(check_one(row, "strict", Facts())) == []


def test_people_can_be_told_which_rules_rest() -> None:
    everything = Facts(
        integrations=FACTS.integrations, supervisors={}, taxonomy={}, npi_registry={}
    )
    assert resting_rules(everything) == ()
    assert resting_rules(FACTS) == ("npi.registry",)
    assert "specialty.code" in resting_rules(Facts())
    assert set(resting_rules(Facts())) <= set(SEVERITIES)
