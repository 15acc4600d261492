"""What every reader gives back: a table of text, its lines numbered as the file numbers them.

A reader keeps every row of its file. A row that cannot be read as one (a stray quotation mark, a
cell too many) comes with a fault and whatever cells could be told apart; the rows after it are
read on. Only a file of which no row can be trusted is refused as a whole (`Unreadable`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from portal.intake.issues import Issue
from portal.intake.readers.closing import Closing

MOST_COLUMNS = 1_000
_Nothing = Callable[[], None]


class Unreadable(Exception):
    """A file that cannot be read as a table of rows.

    The message is for whoever brought the file. It names places, never what stands there: an
    exception may end in a log. `line` counts from 1; None when it is about the whole file.
    """

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line


class Line(NamedTuple):
    """One row: the file's line it begins at (from 1), its cells by column name, its fault.

    Cells are text as the file has it, blanks included. With a fault the cells are those that
    could be told apart, by place; one beyond the header is called "column 14".
    """

    number: int
    cells: dict[str, str]
    fault: Issue | None = None


class Header(NamedTuple):
    """The names of the columns, the file's line that holds them, and the width of that line.

    `width` is more than the names when nameless columns stand behind them, as spreadsheets
    leave them: their cells must be blank.
    """

    names: tuple[str, ...]
    line: int
    width: int


@dataclass(slots=True)
class Table(Closing):
    """A file's rows, read one by one as they are asked for, once. A context manager.

    `read_as` says how the file was read, in words ("CSV, utf-8, comma"); `notices` what its
    owner should know about that. `dates_from` is the year from which a spreadsheet counts its
    days (1900 or 1904); None for text. `blank` counts the blank lines met so far: they are no rows.
    """

    header: Header
    lines: Iterator[Line]
    read_as: str
    notices: Sequence[str] = ()
    dates_from: int | None = None
    close: _Nothing = lambda: None
    blank: int = field(default=0)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in the file's order."""
        return self.header.names


def make_header(cells: Sequence[str], line: int) -> Header:
    """The header that these cells make.

    Raises Unreadable for a column without a name in front of one that has one, for two columns
    of one name (whatever their case), and for more than 1,000 columns.
    """
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        message = f"Line {line} has {len(names)} columns; a file may have {MOST_COLUMNS}."
        raise Unreadable("file.columns", message, line=line)
    seen: dict[str, int] = {}
    for column, name in enumerate(names, 1):
        if not name:
            message = f"Line {line}, column {column}: the column has no name."
            raise Unreadable("file.header_missing", message, line=line)
        first = seen.setdefault(name.casefold(), column)
        if first != column:
            message = f"Line {line}: columns {first} and {column} have the same name."
            raise Unreadable("file.header_twice", message, line=line)
    return Header(tuple(names), line, len(cells))


def by_place(header: Header, cells: Sequence[str]) -> dict[str, str]:
    """The cells of a row of the wrong width, by the names at their places."""
    named = dict(zip(header.names, cells, strict=False))
    for column, cell in enumerate(cells[len(header.names) :], len(header.names) + 1):
        if cell.strip():
            named[f"column {column}"] = cell
    return named


def width_fault(header: Header, cells: Sequence[str], line: int) -> Issue | None:
    """What is wrong with the number of a row's cells: too few, too many, or nothing.

    A row as wide as its header has too many when a cell stands under no name.
    """
    have, want = len(cells), header.width
    if have < want:
        missing = header.names[have] if have < len(header.names) else "nameless"
        message = (
            f"Line {line} has {have} cells and the header has {want}: the row ends before"
            f" column {have + 1} ({missing})."
        )
        return Issue("", "file.row_short", message)
    extra = [n for n, cell in enumerate(cells, 1) if n > len(header.names) and cell.strip()]
    if have > want or extra:
        column = extra[0] if extra else want + 1
        message = (
            f"Line {line} has {have} cells and the header has {len(header.names)}: column"
            f" {column} has no name."
        )
        return Issue("", "file.row_long", message)
    return None
