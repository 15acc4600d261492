"""Tables on their way out: CSV and Excel, row by row, in constant memory.

Every cell is text, so that a spreadsheet keeps leading zeros and long numbers, and none is a
formula (`portal.intake.formulas`): in both formats, since people save one as the other. What is
written here, `portal.intake.readers` reads back exactly. Who may export, and the note that
somebody did, are the caller's business: `on_end` hears how many rows went out.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from portal.intake import formulas

CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats there are, by their file ending."""
MOST_XLSX_ROWS: Final = 1_048_575
"""Rows below the header that a worksheet can hold; CSV has no limit."""
LONGEST_CELL: Final = 32_766
"""Characters of a cell, its apostrophe not counted; Excel holds no more."""
_CUT: Final = "…"
_NO_CHARACTERS: Final = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
_ROWS_AT_ONCE: Final = 500
_BLOCK: Final = 1 << 16
_WIDTH: Final = (8, 40)
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}

OnEnd = Callable[[int], None]


class TooManyRows(Exception):
    """More rows than a worksheet holds; CSV takes them."""


def as_bytes(
    ending: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    on_end: OnEnd | None = None,
) -> Iterator[bytes]:
    """The table as a file of this format (a key of CONTENT_TYPES), in pieces.

    `rows` are values in the columns' order; they may come from a generator. `on_end` is called
    with the number of rows when all are written, and not when writing stops before. An Excel
    file is finished before its first piece comes; it raises TooManyRows beyond a worksheet.
    """
    write = _xlsx if ending == "xlsx" else _csv
    return write(columns, _Counted(rows, on_end))


def cell_text(value: Any) -> str:
    """A value as a cell's text, formulas not yet made safe.

    None is blank, true and false are words, a container is JSON. Text too long for a
    spreadsheet is cut, and ends in "…"; the two code points that XML lacks become "\ufffd".
    """
    text = _text(value)
    if not text.isascii():
        text = text.translate(_NO_CHARACTERS)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + _CUT


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


class _Counted:
    """Rows as safe cells, counted on their way."""

    def __init__(self, rows: Iterable[Sequence[Any]], on_end: OnEnd | None) -> None:
        self._rows = rows
        self._on_end = on_end
        self.count = 0

    def __iter__(self) -> Iterator[list[str]]:
        for row in self._rows:
            self.count += 1
            yield [formulas.escape(cell_text(value)) for value in row]

    def end(self) -> None:
        if self._on_end is not None:
            self._on_end(self.count)


def _csv(columns: Sequence[str], rows: _Counted) -> Iterator[bytes]:
    """UTF-8 with its mark, which Excel needs; every cell quoted, which leaves no doubt."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    yield "\ufeff".encode()
    for row in rows:
        writer.writerow(row)
        if rows.count % _ROWS_AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)
    rows.end()


def _taken(text: io.StringIO) -> bytes:
    written = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return written


def _xlsx(columns: Sequence[str], rows: _Counted) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, columns, rows)
        rows.end()
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _write_workbook(file: IO[bytes], columns: Sequence[str], rows: _Counted) -> None:
    # Left by an exception, it still closes the files that it keeps its rows in.
    with xlsxwriter.Workbook(file, _OPTIONS) as workbook:
        sheet = workbook.add_worksheet("Rows")
        # As text, a cell stays text when somebody edits it.
        plain = workbook.add_format({"num_format": "@"})
        _prepare(sheet, columns, workbook.add_format({"num_format": "@", "bold": True}), plain)
        for number, row in enumerate(rows, 1):
            if number > MOST_XLSX_ROWS:
                raise TooManyRows(f"An Excel sheet holds {MOST_XLSX_ROWS:,} rows.")
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, cell, plain)


def _prepare(sheet: Worksheet, columns: Sequence[str], bold: Format, plain: Format) -> None:
    least, most = _WIDTH
    for column, name in enumerate(columns):
        sheet.set_column(column, column, max(least, min(most, len(name) + 4)), plain)
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
