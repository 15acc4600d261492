from __future__ import annotations

import json

import pytest

from portal.intake.readers import Unreadable
from records.importers.rows import Format
from tests.records.importers.making import faults, opened, read

ROW = {"logicalId": "p-1", "config": {"type": "practitioners", "name": "Amal"}}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps([ROW], indent=2), Format.JSON),
        (json.dumps(ROW), Format.NDJSON),
        ("\ufeff" + json.dumps(ROW) + "\n", Format.NDJSON),
        ('{"resourceType": "Practitioner"}\n', Format.FHIR),
        ("name,npi\nAmal,1\n", Format.CSV),
    ],
)
def test_a_format_is_told_by_the_content(text: str, kind: Format) -> None:
    with opened(text) as source:
        assert source.format is kind


def test_rows_of_json_are_rows_of_the_api() -> None:
    for text in (json.dumps([ROW, 7]), json.dumps(ROW) + "\n7\n"):
        first, second = read(text)
        assert first.raw == ROW
        assert second.raw == 7


def test_one_object_over_several_lines_is_refused_with_what_to_do() -> None:
    with pytest.raises(Unreadable, match="Put the rows into a list"):
        opened(json.dumps(ROW, indent=2))


def test_a_correction_in_json_names_its_row_and_drops_the_remarks() -> None:
    remarks = {"row_id": "abc", "version": 2, "line": 4, "pointer": "/config/npi", "code": "x"}
    (row,) = read(json.dumps([remarks | ROW]))
    assert (row.row_id, row.version, row.raw) == ("abc", "2", ROW)


def test_a_broken_line_is_kept_with_what_it_says() -> None:
    first, broken = read(json.dumps(ROW) + '\n{"logicalId": "p-2", ')
    assert first.is_row
    assert not broken.is_row
    assert broken.raw == '{"logicalId": "p-2", '
    assert faults([broken]) == ["json.syntax"]


@pytest.mark.parametrize("text", ["", "   \n", "%PDF-1.7", "<html></html>"])
def test_a_file_that_is_none_of_them_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        opened(text)
