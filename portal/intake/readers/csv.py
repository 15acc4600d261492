"""Comma-separated text by a strict dialect, a physical line at a time.

The standard library's reader takes a quotation mark that is never closed for one very long cell:
one stray mark swallowed 498 of 1,000 rows without a word. Here a mark that has no partner costs
its own line and no other: the line comes with a fault, and reading goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final

from portal.intake import formulas
from portal.intake.issues import Issue
from portal.intake.readers.base import (
    Header,
    Line,
    Table,
    Unreadable,
    by_place,
    make_header,
    width_fault,
)
from portal.intake.readers.dialect import DELIMITERS, QUOTE, Broken, Dialect, find_delimiter
from portal.intake.readers.lines import LONGEST_LINE, PhysicalLines

MOST_LINES: Final = 200
"""Physical lines that one row may take."""
LONGEST_ROW: Final = 1 << 17
"""Characters that one row of several lines may have."""

_SEPARATOR_LINE = re.compile(r"sep=([,;\t])[\r\n]*", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_csv(text: IO[str], *, encoding: str, notices: tuple[str, ...] = ()) -> Table:
    """The table in a text that was opened with `newline=""`.

    Raises Unreadable when there is no header to go by.
    """
    lines = PhysicalLines(text)
    dialect, header = _read_header(lines)
    read_as = f"CSV, {encoding}, {DELIMITERS[dialect.delimiter]}"
    table = Table(header, iter(()), read_as, notices)
    table.lines = _Rows(lines, dialect, table).read()
    return table


def _read_header(lines: PhysicalLines) -> tuple[Dialect, Header]:
    delimiter = ""
    while first := lines.take():
        said = None if delimiter else _SEPARATOR_LINE.fullmatch(first)
        if said is not None:  # Excel's own hint
            delimiter = said[1]
        elif first.strip():
            break
    else:
        raise Unreadable("file.empty", "The file is empty.")
    number = lines.number
    if len(first) > LONGEST_LINE:
        message = f"Line {number} is longer than {LONGEST_LINE:,} characters."
        raise Unreadable("file.line_too_long", message, line=number)
    dialect = Dialect(delimiter or find_delimiter(first, number))
    cells = _whole_row(first, lines, dialect)
    if isinstance(cells, Broken):
        message = f"Line {number}, column {len(cells.cells) + 1}: {cells.reason}."
        raise Unreadable("file.quote", message, line=number)
    return dialect, make_header([formulas.unescape(cell) for cell in cells], number)


def _whole_row(first: str, lines: PhysicalLines, dialect: Dialect) -> list[str] | Broken:
    """The cells of the row that begins with this line, which may take more lines."""
    opened = found = dialect.split(first)
    text, more = first, 0
    while isinstance(found, Broken) and found.is_open and more < MOST_LINES:
        following = lines.peek(more)
        text += following
        more += 1
        if not following or len(text) > LONGEST_ROW:
            break
        if QUOTE in following:
            found = dialect.split(text)
    if isinstance(found, Broken) or (more and _are_rows(text, len(found), dialect)):
        return opened
    lines.skip(more)
    return found


def _are_rows(text: str, width: int, dialect: Dialect) -> bool:
    """Whether a row of several lines is rather several rows, between two stray marks.

    Each of its lines is then as wide as a row. When every cell is quoted there is no doubt.
    """
    lines = _LINE_END.split(text.rstrip("\r\n"))
    if any(line.count(dialect.delimiter) < width - 1 for line in lines):
        return False
    return not dialect.is_all_quoted(text)


class _Rows:
    """The rows below the header."""

    def __init__(self, lines: PhysicalLines, dialect: Dialect, table: Table) -> None:
        self._lines = lines
        self._dialect = dialect
        self._table = table
        self._header = table.header

    def read(self) -> Iterator[Line]:
        """Each row that is not blank. Rows without a quotation mark or apostrophe go fast."""
        take, delimiter = self._lines.take, self._dialect.delimiter
        names, width = self._header.names, self._header.width
        fits = width == len(names)
        while text := take():
            if QUOTE in text or "'" in text or len(text) > LONGEST_LINE:
                line = self._look_closer(text)
            else:
                cells = text.rstrip("\r\n").split(delimiter)
                if fits and len(cells) == width and cells[0].strip():
                    yield Line(self._lines.number, dict(zip(names, cells, strict=True)))
                    continue
                line = self._line(self._lines.number, cells)
            if line is None:
                self._table.blank += 1
            else:
                yield line

    def _look_closer(self, text: str) -> Line | None:
        number = self._lines.number
        if len(text) > LONGEST_LINE:
            message = f"Line {number} is longer than {LONGEST_LINE:,} characters."
            return Line(number, {}, Issue("", "file.line_too_long", message))
        cells = _whole_row(text, self._lines, self._dialect)
        if isinstance(cells, Broken):
            return self._broken(number, text, cells)
        return self._line(number, [formulas.unescape(cell) for cell in cells])

    def _line(self, number: int, cells: list[str]) -> Line | None:
        """The row of these cells; None when all are blank."""
        if not any(cell.strip() for cell in cells):
            return None
        fault = width_fault(self._header, cells, number)
        if fault is not None:
            return Line(number, by_place(self._header, cells), fault)
        return Line(number, dict(zip(self._header.names, cells, strict=False)))

    def _broken(self, number: int, text: str, broken: Broken) -> Line:
        rest = text[broken.at :].rstrip("\r\n").split(self._dialect.delimiter)
        column, names = len(broken.cells) + 1, self._header.names
        name = f" ({names[column - 1]})" if column <= len(names) else ""
        message = f"Line {number}, column {column}{name}: {broken.reason}."
        cells = by_place(self._header, [*broken.cells, *rest])
        return Line(number, cells, Issue("", "file.quote", message))
