"""Exports: safe in a spreadsheet, exact when they come back, constant in memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import exports
from portal.intake import formulas
from portal.intake.readers import read_table

ENDINGS = sorted(exports.CONTENT_TYPES)
TEXT = st.text(
    st.one_of(
        st.sampled_from("\"',;\t\r\n=+-@' \0ab_x0D"), st.characters(exclude_categories=["Cs"])
    ),
    max_size=12,
)


def written(ending: str, rows: list[list[Any]], columns: list[str] | None = None) -> bytes:
    """The file of these rows."""
    names = columns or [f"c{n}" for n in range(len(rows[0]))]
    return b"".join(exports.as_bytes(ending, names, rows))


def read_back(ending: str, content: bytes) -> list[list[str]]:
    """The cells of a file's rows; none has a fault."""
    with read_table(io.BytesIO(content), f"x.{ending}") as table:
        lines = list(table.lines)
    assert [line.fault for line in lines if line.fault] == []
    return [list(line.cells.values()) for line in lines]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of one width, none of them blank."""
    width = draw(st.integers(1, 4))
    row = st.lists(TEXT, min_size=width, max_size=width)
    return draw(st.lists(row.filter(lambda r: any(c.strip() for c in r)), min_size=1, max_size=4))


@pytest.mark.parametrize("ending", ENDINGS)
@given(rows=tables())
@example(rows=[["=1+1", "+1", "-1", "@x"]])
@example(rows=[["'=1", "''=1", "'Abd", "'"]])
@example(rows=[["a\r\nb", "a\rb", "a\nb", '"']])
@example(rows=[["x", "a\n,,,,"], ["y", 'a"\n",","']])
@example(rows=[["_x000D_", "\x01\x0b", "\ufffe", "محمد"]])
def test_what_is_written_is_read_back_as_it_was(ending: str, rows: list[list[str]]) -> None:
    want = [[exports.cell_text(cell) for cell in row] for row in rows]
    assert read_back(ending, written(ending, list(rows))) == want


@given(text=TEXT)
@example(text="''=x")
def test_the_apostrophe_can_be_taken_back(text: str) -> None:
    safe = formulas.escape(text)
    assert formulas.unescape(safe) == text
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\0", "'="])
def test_no_cell_begins_like_a_formula(start: str) -> None:
    rows = csv.reader(io.StringIO(written("csv", [[f"{start}cmd|' /C calc'!A0"]]).decode()[1:]))
    (_, (cell,)) = list(rows)
    assert cell[0] == "'"


def test_a_workbook_has_no_formulas_and_every_cell_is_text() -> None:
    content = written("xlsx", [["=1+1", "007", "http://x.example"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in archive.namelist() if "sheet1.xml.rels" in name]
    assert "<f>" not in sheet
    assert "'=1+1" in sheet
    assert sheet.count('t="inlineStr"') == 6


def test_csv_is_marked_as_utf_8_and_quoted_throughout() -> None:
    content = written("csv", [["1", None]], ["id", "name"])
    assert content == b'\xef\xbb\xbf"id","name"\r\n"1",""\r\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (7, "7"),
        (Decimal("20.50"), "20.50"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, 8, 3, 30, tzinfo=UTC), "2026-11-24 08:03+00:00"),
        ({"title": "ملاحظة", "a": 1}, '{"a": 1, "title": "ملاحظة"}'),
        ([], "[]"),
        ("x" * 40_000, "x" * 32_765 + "…"),
    ],
)
def test_values_become_text(value: object, text: str) -> None:
    assert exports.cell_text(value) == text


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_longest_cell_fits_with_its_apostrophe(ending: str) -> None:
    rows = [["-" * 40_000, "=" * 32_766]]
    want = [[exports.cell_text(cell) for cell in rows[0]]]
    assert read_back(ending, written(ending, rows)) == want


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_caller_hears_how_many_rows_went_out(ending: str) -> None:
    heard: list[int] = []
    rows = ([str(n)] for n in range(1_234))
    for _ in exports.as_bytes(ending, ["id"], rows, on_end=heard.append):
        pass
    assert heard == [1_234]


def test_an_export_that_is_broken_off_was_none() -> None:
    heard: list[int] = []
    rows = ([str(n)] for n in range(100_000))
    pieces = exports.as_bytes("csv", ["id"], rows, on_end=heard.append)
    next(pieces)
    del pieces
    assert heard == []


def test_csv_goes_out_while_rows_come_in() -> None:
    taken = []
    rows = (taken.append(n) or [str(n)] for n in range(100_000))  # type: ignore[func-returns-value]
    pieces = exports.as_bytes("csv", ["id"], rows)
    next(pieces)
    next(pieces)
    assert 0 < len(taken) < 1_000


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_XLSX_ROWS", 3)
    with pytest.raises(exports.TooManyRows):
        written("xlsx", [[str(n)] for n in range(4)])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_large_table_is_written_in_constant_memory(ending: str) -> None:
    rows = ([f"APT-{n:06}", "Anjali Haddad", "784-2012-0607486-2"] for n in range(8_000))
    tracemalloc.start()
    try:
        size = sum(map(len, exports.as_bytes(ending, ["a", "b", "c"], rows)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 20_000
    assert peak < 1 << 20
