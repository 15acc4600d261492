"""What a file really is, whatever it is called, and its table.

Spreadsheets and CSV are read here. Records in JSON or NDJSON are not tables: their reader is
another module of this package, chosen by the caller.
"""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from portal.intake.readers.base import Table, Unreadable
from portal.intake.readers.csv import read_csv
from portal.intake.readers.encoding import find_encoding
from portal.intake.readers.xlsx import read_xlsx

_ZIP: Final = b"PK\x03\x04"
_REFUSED: Final = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": (
        "This is an old Excel workbook (.xls) or one with a password. Save it as .xlsx without one."
    ),
    b"%PDF": "This is a PDF document. Export the list as a spreadsheet or as CSV.",
    b"\x1f\x8b": "This file is compressed (gzip). Unpack it first.",
    b"7z\xbc\xaf": "This is an archive (7z). Unpack it first.",
    b"Rar!": "This is an archive (RAR). Unpack it first.",
    b"PK\x05\x06": "This archive is empty.",
}
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<table")


def read_table(
    file: BinaryIO, name: str, *, sheet: str | None = None, encoding: str | None = None
) -> Table:
    """The table in a file of rows; close it when done. The file itself stays open.

    `file` must be seekable. `name` only serves to say that a file is not what it is called.
    `sheet` names the worksheet (default: the first one that shows), `encoding` declares that of
    a text. Raises Unreadable, at once and never while the rows are read.
    """
    file.seek(0)
    head = file.read(512)
    for magic, message in _REFUSED.items():
        if head.startswith(magic):
            raise Unreadable("file.kind", message)
    if not head:
        raise Unreadable("file.empty", "The file is empty.")
    is_spreadsheet = head.startswith(_ZIP)
    table = _spreadsheet(file, sheet) if is_spreadsheet else _text(file, head, sheet, encoding)
    table.notices = (*_misnamed(name, is_spreadsheet), *table.notices)
    return table


def _spreadsheet(file: BinaryIO, sheet: str | None) -> Table:
    return read_xlsx(file, sheet=sheet)


def _text(file: BinaryIO, head: bytes, sheet: str | None, encoding: str | None) -> Table:
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        message = "This is a web page or XML, whatever its name. Save it as .xlsx or CSV."
        raise Unreadable("file.kind", message)
    if sheet is not None:
        raise Unreadable("file.sheet", "A text file has no sheets.")
    found = find_encoding(file, encoding)
    text = io.TextIOWrapper(file, encoding=found.name, newline="")
    try:
        table = read_csv(text, encoding=found.name, notices=(found.notice,) if found.notice else ())
    except Unreadable:
        text.detach()
        raise
    table.close = lambda: _let_go(text)
    return table


def _let_go(text: io.TextIOWrapper) -> None:
    """Leave the caller's file open."""
    if not text.closed:
        text.detach()


def _misnamed(name: str, is_spreadsheet: bool) -> tuple[str, ...]:
    ending = name.lower().rpartition(".")[2]
    if is_spreadsheet and ending in ("csv", "txt", "tsv"):
        return (f"The file is called .{ending} but is an Excel workbook, and was read as one.",)
    if not is_spreadsheet and ending in ("xlsx", "xlsm", "xls"):
        return (f"The file is called .{ending} but is plain text, and was read as CSV.",)
    return ()
