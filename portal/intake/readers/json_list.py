"""A JSON list, cut into its elements without ever holding more than one of them.

Brackets and commas outside strings say where an element ends; what it says is then read like any
other row. So a fault inside one element costs that element alone; only a file that ends too early
loses its tail, and that is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, BinaryIO, Final, NamedTuple

from portal.intake.issues import Issue
from portal.intake.readers.base import Unreadable
from portal.intake.readers.lines import LONGEST_LINE
from portal.intake.readers.objects import MOST_KEPT, JsonRow, Objects, let_go, open_text, read_row

_BLOCK: Final = 1 << 16
_OUTSIDE: Final = re.compile(r'["\[\]{},]')
_INSIDE: Final = re.compile(r'["\\]')
_END: Final = ""


def read_json_list(file: BinaryIO, *, encoding: str | None = None) -> Objects:
    """The elements of a file that is one JSON list. Raises Unreadable when it is none."""
    text, notices = open_text(file, encoding, newline=None)
    cutter = _Cutter(text)
    try:
        cutter.open()
    except Unreadable:
        text.detach()
        raise
    return Objects(_rows(cutter), f"JSON list, {text.encoding}", notices, lambda: let_go(text))


class _Element(NamedTuple):
    """One element's text, where it begins, and the mark behind it ("" at the end of the file)."""

    text: str
    line: int
    column: int
    mark: str
    is_too_long: bool


def _rows(cutter: _Cutter) -> Iterator[JsonRow]:
    number = 0
    while True:
        element = cutter.take()
        if number == 0 and element.mark == "]" and not element.text.strip():
            break  # the list is empty
        number += 1
        yield _row(number, element)
        if element.mark == _END:
            return
        if element.mark == "]":
            break
    if rest := cutter.rest():
        message = f"Line {cutter.line}: there is more text behind the end of the list."
        yield JsonRow(number + 1, rest, True, Issue("", "json.syntax", message))


def _row(number: int, element: _Element) -> JsonRow:
    where = f"Line {element.line}, column {element.column}"
    if element.is_too_long:
        message = f"{where}: this row is longer than {LONGEST_LINE:,} characters."
        return JsonRow(number, None, fault=Issue("", "file.line_too_long", message))
    if not element.text.strip():
        message = f"{where}: there is no row in front of this {_named(element.mark)}."
        return JsonRow(number, element.text, fault=Issue("", "json.syntax", message))
    if element.mark == _END:
        row = read_row(element.text, number, line=element.line, column=element.column, cut_off=True)
        if row.fault is None:  # the row is whole, the list is not
            message = f"{where}: the file ends behind this row: it was cut off."
            fault = Issue("", "json.syntax", message)
            return JsonRow(number, element.text[:MOST_KEPT], row.suspicious, fault)
        return row
    return read_row(element.text, number, line=element.line, column=element.column)


def _named(mark: str) -> str:
    return {",": "comma", "]": "bracket"}.get(mark, "end of the file")


class _Cutter:
    """Reads a text in blocks and cuts at the commas of the outermost list."""

    def __init__(self, text: IO[str]) -> None:
        self._text = text
        self._held = ""
        self._at = self._depth = 0
        self._is_inside = self._is_too_long = False
        self._begins = (1, 1)
        self.line = 1
        self._column = 1

    def open(self) -> None:
        """Go behind the list's opening bracket. Raises Unreadable when there is none."""
        self._skip_blank()
        if not self._held.startswith("["):
            message = "The file is not a JSON list: it must begin with [ and hold one row each."
            raise Unreadable("file.json", message, line=self.line)
        self._drop(1)

    def take(self) -> _Element:
        """The next element, up to the comma or bracket behind it, which is taken, too."""
        self._skip_blank()
        self._begins = self.line, self._column
        self._at, self._depth = 0, 0
        self._is_inside = self._is_too_long = False
        while mark := self._next_mark():
            if self._ends_with(mark):
                return self._element(mark)
        self._at = len(self._held)
        return self._element(_END)

    def _next_mark(self) -> str:
        """The next character that may matter, which is looked at then; empty at the end."""
        while True:
            found = (_INSIDE if self._is_inside else _OUTSIDE).search(self._held, self._at)
            if found is not None and (found[0] != "\\" or found.end() < len(self._held)):
                self._at = found.end()
                return found[0]
            self._at = len(self._held) if found is None else found.start()
            if self._at > LONGEST_LINE:
                self._is_too_long = True
                self._drop(self._at)
                self._at = 0
            if not self._read():
                return _END

    def _ends_with(self, mark: str) -> bool:
        """Whether the element ends in front of this mark; keeps count of strings and brackets."""
        if mark == "\\":
            self._at += 1
        elif mark == '"':
            self._is_inside = not self._is_inside
        elif self._depth == 0 and mark in ",]":
            return True
        elif mark in "[{":
            self._depth += 1
        elif mark in "]}" and self._depth:
            self._depth -= 1
        return False

    def _element(self, mark: str) -> _Element:
        """What has been looked at, without its mark."""
        text = self._cut(self._at)
        is_too_long = self._is_too_long or len(text) > LONGEST_LINE
        return _Element(text[: len(text) - len(mark)], *self._begins, mark, is_too_long)

    def rest(self) -> str:
        """What stands behind the list; empty when nothing does."""
        self._skip_blank()
        return self._held[:MOST_KEPT]

    def _skip_blank(self) -> None:
        while True:
            kept = self._held.lstrip()
            self._drop(len(self._held) - len(kept))
            if kept or not self._read():
                return

    def _read(self) -> bool:
        block = self._text.read(_BLOCK)
        self._held += block
        return bool(block)

    def _cut(self, length: int) -> str:
        text = self._held[:length]
        self._drop(length)
        return text

    def _drop(self, length: int) -> None:
        gone, self._held = self._held[:length], self._held[length:]
        lines = gone.count("\n")
        self.line += lines
        self._column = len(gone) - gone.rfind("\n") if lines else self._column + len(gone)
