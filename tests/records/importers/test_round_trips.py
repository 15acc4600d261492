from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from records.importers.cells import without_nones
from records.importers.merging import merged
from records.importers.rows import Format
from records.importers.writing import WRITTEN, Stored
from tests.records.importers.making import make_stored, opened, read, stored, written

EXACT = [Format.CSV, Format.XLSX, Format.JSON, Format.NDJSON]
LOSSY = [Format.FHIR, Format.NPPES]


def same(said: Any, record: Stored) -> None:
    assert said.raw.get("logicalId") == record.logical_id
    assert said.raw.get("integrationId") == record.integration_id
    assert without_nones(said.raw["config"]) == without_nones(record.config)
    assert said.record_id == record.record_id
    assert said.errors == ()


@pytest.mark.parametrize("kind", EXACT)
@settings(max_examples=40)
@given(record=stored)
def test_what_an_exact_format_writes_it_reads_back(kind: Format, record: Stored) -> None:
    (row,) = read(written(kind, record))
    same(row, record)


@pytest.mark.parametrize("kind", LOSSY)
@settings(max_examples=40)
@given(record=stored)
def test_what_a_lossy_format_writes_changes_nothing_when_it_comes_back(
    kind: Format, record: Stored
) -> None:
    with opened(written(kind, record)) as source:
        (row,) = source.rows
        assert merged(record.config, row.raw["config"], source) == without_nones(record.config)
    assert row.record_id == record.record_id
    assert row.raw.get("integrationId") == record.integration_id
    assert row.raw.get("logicalId") == record.logical_id
    assert row.errors == ()


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_format_is_told_by_its_content_alone(kind: Format) -> None:
    with opened(written(kind, make_stored(npi="1234567893"))) as source:
        wanted = Format.CSV if kind is Format.XLSX else kind
        assert source.format in (wanted, kind)
        assert [row.raw["config"]["npi"] for row in source.rows] == ["1234567893"]


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_export_of_nothing_is_still_a_file(kind: Format) -> None:
    content = written(kind)
    assert content or kind in (Format.NDJSON, Format.FHIR)


def test_a_table_shows_lists_and_hours_as_people_write_them() -> None:
    record = make_stored(
        languages=["en", "ar"],
        specialties=[{"code": "207Q00000X", "name": "Family Medicine"}],
        workingHours={
            "mon": [{"start": "09:00", "end": "12:30"}, {"start": "13:30", "end": "17:00"}],
            "tue": [{"start": "09:00", "end": "17:00"}],
        },
    )
    text = written(Format.CSV, record).decode("utf-8-sig")
    header, line = text.splitlines()
    cells = dict(zip(header.split(","), line.split('","'), strict=True))
    assert cells['"languages"'] == "en|ar"
    assert cells['"specialties.0.code"'] == "207Q00000X"
    assert cells['"workingHours"'].rstrip('"') == "mon=09:00-12:30,13:30-17:00|tue=09:00-17:00"


def test_a_field_without_a_column_stays_and_a_blank_cell_clears() -> None:
    before = make_stored(summary="Long ago", gender="female", npi="1234567893")
    with opened("logicalId,npi,gender\np-1,1234567893,\n") as source:
        (row,) = source.rows
        after = merged(before.config, row.raw["config"], source)
    assert after["summary"] == "Long ago"
    assert after["npi"] == "1234567893"
    assert "gender" not in after


def test_a_lossy_format_changes_what_it_says_otherwise_and_nothing_else() -> None:
    before = make_stored(
        summary="Long ago",
        npi="1234567893",
        specialties=[{"code": "207Q00000X", "name": "Our own word"}],
        qualification="MD",
    )
    content = written(Format.NPPES, before).replace(b'"MD"', b'"MD, FRCP"')
    with opened(content) as source:
        (row,) = source.rows
        after = merged(before.config, row.raw["config"], source)
    assert after == without_nones(before.config) | {"qualification": "MD, FRCP"}
