"""Workbooks made to harm: refused with a reason, before anything unfolds."""

from __future__ import annotations

import io
import random
import tracemalloc
import zipfile

import pytest

from portal.intake.readers import Unreadable, package
from portal.intake.readers.extent import area, column_number
from tests.portal.readers.making import cell, make_package, make_workbook, read, refusal


def far_apart(last: str = "XFD1048576") -> bytes:
    """Two cells, ten thousand million cells apart."""
    row = "".join(filter(str.isdigit, last))
    return make_package(f'<row r="1">{cell("A1")}</row><row r="{row}">{cell(last)}</row>')


def test_ten_thousand_million_cells_in_a_few_kilobytes_are_refused() -> None:
    book = far_apart()
    assert len(book) < 5_000
    tracemalloc.start()
    try:
        found = refusal(book, "x.xlsx")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.code == "file.too_big"
    assert "17,179,869,184 cells" in found.message
    assert peak < 10 << 20


def test_a_thousand_million_cells_under_a_small_claim_are_refused() -> None:
    sheet = f'<row r="1">{cell("A1")}</row><row r="1000000">{cell("ALL1000000")}</row>'
    book = make_package(sheet, before='<dimension ref="A1:B2"/>')
    assert "1,000,000,000 cells" in refusal(book, "x.csv").message


@pytest.mark.parametrize(
    "sheet",
    [
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        '<x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>',
        '<row\n r="1048576"><c s="1"\tr="XFD1048576"><v>1</v></c></row>',
        '<row r="1048576"><c t="str" x="&gt;" r="XFD1048576"><is><t>1</t></is></c></row>',
        '<row r="1048576" />' + "<row><c/><c/><c/><c><f>1</f></c></row>",
        '<row r="1048570">' + "<c><v>1</v></c>" * 5 + "</row>",
        "<row>" + "<c><v>1</v></c>" * 3_000 + "</row>" + "<row><c><v>1</v></c></row>" * 2_000,
    ],
    ids=["quotes", "prefix", "blanks", "inline", "rows without a place", "row alone", "both"],
)
def test_however_a_far_cell_is_written_it_is_measured(sheet: str) -> None:
    head = '<?xml version="1.0"?><!-- <c r="A1"/> -->'
    book = make_package(sheet, head=head)
    assert refusal(book, "x.xlsx").code == "file.too_big"


def test_a_part_that_unfolds_a_thousandfold_is_refused() -> None:
    strings = b"<sst>" + b"<si><t>x</t></si>" * 400_000 + b"</sst>"
    book = make_package(f'<row r="1">{cell("A1")}</row>', extra={"xl/sharedStrings.xml": strings})
    assert len(book) < 40_000
    assert "unfolds to more than 200 times" in refusal(book, "x.xlsx").message


def test_more_than_can_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MOST_UNPACKED", 1_000)
    assert refusal(make_workbook([["id"]]), "x.xlsx").code == "file.too_big"


def test_an_archive_of_too_many_parts_is_refused() -> None:
    extra = {f"xl/media/{n}.png": b"" for n in range(2_001)}
    book = make_package(f'<row r="1">{cell("A1")}</row>', extra=extra)
    assert refusal(book, "x.xlsx").code == "file.too_big"


def test_pictures_do_not_count() -> None:
    extra = {"xl/media/1.png": b"\0" * (4 << 20)}
    book = make_package(f'<row r="1">{cell("A1", "id")}</row>', extra=extra)
    assert read(book, "x.xlsx").columns == ("id",)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_refused(part: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    plain = make_package("<row><c t='str'><v>&b;</v></c></row>")
    book = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(book, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == part:
                text = text.replace("?>", f"?>{bomb}", 1)
            target.writestr(name, text)
    assert refusal(book.getvalue(), "x.xlsx").code == "file.damaged"


def test_a_part_whose_size_is_a_lie_is_refused() -> None:
    book = bytearray(make_package("<row><c><v>1</v></c></row>" * 10_000))
    with zipfile.ZipFile(io.BytesIO(bytes(book))) as archive:
        true_size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lie = (100).to_bytes(4, "little")
    assert book.count(true_size.to_bytes(4, "little")) == 2
    book = bytearray(bytes(book).replace(true_size.to_bytes(4, "little"), lie))
    assert refusal(bytes(book), "x.xlsx").code == "file.damaged"


@pytest.mark.parametrize(
    ("name", "word"),
    [("content.xml", "ZIP archive"), ("mimetype", "OpenDocument"), ("xl/workbook.bin", "xlsb")],
)
def test_other_archives_are_called_by_their_name(name: str, word: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    found = refusal(file.getvalue(), "x.xlsx")
    assert found.code == "file.kind"
    assert word in found.message


def test_damage_is_refused_and_never_an_error() -> None:
    chance = random.Random(7)  # the same damage in every run
    whole = make_workbook([["id", "name"], ["1", "Ali"], [2, 3.5]])
    outcomes = set()
    for _ in range(300):
        book = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            book[chance.randrange(len(book))] = chance.randrange(256)
        try:
            read(bytes(book), "x.xlsx")
            outcomes.add("read")
        except Unreadable as refused:
            outcomes.add(refused.code)
    assert "file.damaged" in outcomes


def test_half_a_workbook_is_refused() -> None:
    whole = make_workbook([["id"], ["1"]])
    assert refusal(whole[: len(whole) // 2], "x.xlsx").code == "file.damaged"


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16384)])
def test_columns_are_counted(letters: str, number: int) -> None:
    assert column_number(letters) == number


@pytest.mark.parametrize("size", [7, 64, 1 << 20])
def test_the_extent_does_not_depend_on_where_the_blocks_end(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.intake.readers.extent._BLOCK", size)
    rows = "".join(f'<row r="{n}">{cell(f"A{n}")}{cell(f"AB{n}")}</row>' for n in range(1, 200))
    sheet = f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    assert area(io.BytesIO(sheet), 10**6) == 199 * 28
    assert area(io.BytesIO(sheet), 1) == 199 * 28
