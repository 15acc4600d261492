"""Files of JSON rows: each row a value of its own, read one by one, whatever holds them together.

As with tables, a row that cannot be read comes with a fault and the rows after it are read on;
only a file of which no row can be trusted is refused as a whole (`Unreadable`).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NamedTuple

from portal.intake.issues import Issue
from portal.intake.readers.closing import Closing
from portal.intake.readers.encoding import find_encoding
from portal.intake.strict_json import BadJson, parse_json

MOST_KEPT: Final = 20_000
"""Characters of a text that is no JSON which are kept with its row."""


class JsonRow(NamedTuple):
    """One row: its number, its value, and what makes it none.

    `number` is the file's line in NDJSON, the place in the list (from 1) in a JSON list.
    `suspicious` says that the value may hold what a database cannot store. With a fault, `value`
    is the text as it stands, cut when it is long.
    """

    number: int
    value: Any
    suspicious: bool = False
    fault: Issue | None = None


@dataclass(slots=True)
class Objects(Closing):
    """A file's rows, once through. A context manager; the caller's file stays open."""

    rows: Iterator[JsonRow]
    read_as: str
    notices: Sequence[str] = ()
    close: Callable[[], None] = lambda: None


def open_text(
    file: BinaryIO, encoding: str | None, *, newline: str | None
) -> tuple[io.TextIOWrapper, tuple[str, ...]]:
    """The file as text, and what its owner should know of that. JSON is UTF-8 unless marked.

    Raises Unreadable for bytes that are none, naming line and character.
    """
    found = find_encoding(file, encoding or "utf-8")
    text = io.TextIOWrapper(file, encoding=found.name, newline=newline)
    return text, (found.notice,) if found.notice else ()


def let_go(text: io.TextIOWrapper) -> None:
    """Leave the caller's file open."""
    if not text.closed:
        text.detach()


def read_row(
    text: str, number: int, *, line: int, column: int = 1, cut_off: bool = False
) -> JsonRow:
    """The row that this text says; it begins at this line and column of the file.

    `cut_off` says that the file ends with it.
    """
    try:
        read = parse_json(text, text.encode())
    except BadJson as bad:
        where = _place(bad, line, column)
        end = " The file ends here: it may have been cut off." if cut_off else ""
        issue = Issue("", bad.code, f"{where}: this row {bad.said}.{end}")
        return JsonRow(number, text[:MOST_KEPT], suspicious=True, fault=issue)
    return JsonRow(number, read.value, read.suspicious)


def _place(bad: BadJson, line: int, column: int) -> str:
    if not bad.line:
        return f"Line {line}"
    first = bad.line == 1
    return f"Line {line + bad.line - 1}, column {bad.column + (column - 1 if first else 0)}"
