"""NDJSON: one JSON value a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, BinaryIO

from portal.intake.issues import Issue
from portal.intake.readers.lines import LONGEST_LINE, PhysicalLines
from portal.intake.readers.objects import JsonRow, Objects, let_go, open_text, read_row


def read_ndjson(file: BinaryIO, *, encoding: str | None = None) -> Objects:
    """The rows of a file of JSON lines; blank lines are none. Raises Unreadable, at once."""
    text, notices = open_text(file, encoding, newline="")
    return Objects(_rows(text), f"NDJSON, {text.encoding}", notices, lambda: let_go(text))


def _rows(text: IO[str]) -> Iterator[JsonRow]:
    lines = PhysicalLines(text)
    while line := lines.take():
        number = lines.number
        if len(line) > LONGEST_LINE:
            message = f"Line {number} is longer than {LONGEST_LINE:,} characters."
            yield JsonRow(number, None, fault=Issue("", "file.line_too_long", message))
        elif not line.isspace():
            is_open = not line.endswith(("\n", "\r"))
            yield read_row(line.rstrip("\r\n"), number, line=number, cut_off=is_open)
