"""How one file separates its cells: RFC 4180, and nothing beside it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from portal.intake.readers.base import Unreadable

QUOTE: Final = '"'
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}

_QUOTED = re.compile(r'"[^"]*"?')
_INSIDE = "a quotation mark stands inside the cell, which does not begin with one"
_AFTER = "text follows the quotation mark that closes the cell"
_OPEN = "a quotation mark opens here and does not close where the cell ends"


class Broken(NamedTuple):
    """Where a row stops being one: the cells before, the place in the text, and why.

    `is_open` says that a quotation mark is not closed, so that more text could mend the row.
    """

    cells: list[str]
    at: int
    reason: str
    is_open: bool = False


class Dialect:
    """Cells between one delimiter, each quoted as a whole or without any quotation mark."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        d = re.escape(delimiter)
        self._cell = re.compile(rf'(?:"([^"]*+(?:""[^"]*+)*+)"|([^"{d}\r\n]*+))({d}|\r\n|\r|\n|\Z)')
        self._closed = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')

    def split(self, text: str) -> list[str] | Broken:
        """The cells of one row, which is the whole text, or where it breaks."""
        body = text.rstrip("\r\n")
        if body.startswith(QUOTE) and body.endswith(QUOTE):
            # What a careful writer writes: every cell quoted.
            cells = body[1:-1].split(f'"{self.delimiter}"')
            if body.count(QUOTE) == 2 * len(cells):
                return cells
        return self._split(text, [])

    def is_all_quoted(self, text: str) -> bool:
        """Whether every cell of a row that `split` can split is quoted."""
        quoted: list[bool] = []
        self._split(text, quoted)
        return all(quoted)

    def _split(self, text: str, quoted: list[bool]) -> list[str] | Broken:
        """Cell by cell; notes for each whether it is quoted."""
        cells: list[str] = []
        at = 0
        while found := self._cell.match(text, at):
            inside, bare, end = found.groups()
            cells.append(bare if inside is None else inside.replace('""', QUOTE))
            quoted.append(inside is not None)
            at = found.end()
            if end != self.delimiter:
                return cells
        if not text.startswith(QUOTE, at):
            return Broken(cells, at, _INSIDE)
        is_open = self._closed.match(text, at) is None
        return Broken(cells, at, _OPEN if is_open else _AFTER, is_open)


def find_delimiter(line: str, number: int) -> str:
    """The separator that the header has most of, outside quotation marks.

    Raises Unreadable when two are there equally often.
    """
    bare = _QUOTED.sub("", line)
    counts = {each: bare.count(each) for each in DELIMITERS}
    most = max(counts.values())
    found = [each for each, count in counts.items() if count == most]
    if most and len(found) > 1:
        names = " and as many of ".join(DELIMITERS[each] for each in found)
        message = f"Line {number} has as many of {names}: which one separates the columns?"
        raise Unreadable("file.delimiter", message, line=number)
    return found[0]
