"""How far the cells of a worksheet reach, from the cells themselves.

What a sheet says of itself (`<dimension>`) is not believed in either direction. Worksheets as
every common program writes them are measured by two patterns; one that is written otherwise, or
that reaches too far at first sight, is parsed, and then only cells with content count: programs
leave formats behind a million rows below the last one.
"""

from __future__ import annotations

import re
from typing import IO, Final
from xml.parsers import expat

from portal.intake.readers.base import Unreadable

_BLOCK: Final = 1 << 20
_USUAL_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_USUAL_ROW = re.compile(rb'<row r="([0-9]{1,7})"')
_ANY = re.compile(rb"[<:](?:c|row)[\s/>]")
_CONTENT: Final = frozenset(("v", "is", "f"))
_DIGITS: Final = "0123456789"


def area(sheet: IO[bytes], most: int) -> int:
    """Cells in the rectangle from A1 to the last row and column in use.

    A sheet of unusual form, or of more than `most` cells at first sight, is read once more.
    Raises Unreadable for XML that is not well-formed or brings its own entities.
    """
    guess = _at_first_sight(sheet)
    if guess is not None and guess <= most:
        return guess
    sheet.seek(0)
    return _Parsed(sheet).area


def column_number(letters: str) -> int:
    """The number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _at_first_sight(sheet: IO[bytes]) -> int | None:
    """An upper bound, for sheets whose every row and cell says where it is; None for others."""
    rows, columns, rest = {b"0"}, {b""}, b""
    while True:
        block = sheet.read(_BLOCK)
        text = rest + block
        cut = text.rfind(b"<") if block else len(text)
        whole, rest = text[:cut], text[cut:]
        cells, lines = _USUAL_CELL.findall(whole), _USUAL_ROW.findall(whole)
        if len(_ANY.findall(whole)) != len(cells) + len(lines):
            return None
        columns.update({letters for letters, _ in cells})
        rows = {max((*rows, *lines, *{row for _, row in cells}), key=int)}
        if not block:
            break
    return int(rows.pop()) * max(column_number(letters.decode()) for letters in columns)


class _Parsed:
    """A worksheet parsed for its extent alone."""

    def __init__(self, sheet: IO[bytes]) -> None:
        self._row = self._column = self._last_row = self._last_column = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        try:
            parser.ParseFile(sheet)
        except (expat.ExpatError, ValueError) as error:
            raise damaged() from error

    @property
    def area(self) -> int:
        """Cells from A1 to the last row and column with content."""
        return self._last_row * self._last_column

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif kind == "c":
            self._place(attributes.get("r", ""))
        elif kind in _CONTENT:
            self._last_row = max(self._last_row, self._row)
            self._last_column = max(self._last_column, self._column)

    def _place(self, reference: str) -> None:
        letters = reference.rstrip(_DIGITS)
        if not reference:
            self._column += 1
            return
        if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
            raise damaged()
        self._column = column_number(letters.upper())
        self._row = int(reference[len(letters) :])

    def _refuse(self, *_: object) -> None:
        raise damaged()


def damaged() -> Unreadable:
    """The refusal of a workbook that no common program can have written."""
    message = "The workbook is damaged. Save it again, or as CSV."
    return Unreadable("file.damaged", message)
