"""The published table of provider taxonomy codes (NUCC), read from CSV or a spreadsheet.

The publisher's own file has the columns Code, Grouping, Classification, Specialization,
Definition, Notes, Display Name and Section; shorter extracts have code, display name and section.
Columns are found by name, whatever their case and order; the others are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from portal.intake.readers import Line, Table, Unreadable, read_table
from records.data.taxonomy import Specialty

MOST_FAULTS: Final = 10
"""Faults of a file that are told one by one."""

_CODE: Final = re.compile(r"[0-9A-Z]{10}", re.ASCII)
_NOT_ALNUM: Final = re.compile(r"[\W_]+")
_COLUMNS: Final = {"code": "code", "displayname": "name", "section": "section"}
_NEEDED: Final = {"code": "Code", "name": "Display Name"}
_LONGEST: Final = {"name": 300, "section": 100}


class TaxonomyFileError(ValueError):
    """The file cannot be used; the message says where and why, a line for each fault."""


def read(path: Path) -> dict[str, Specialty]:
    """Code → specialty. Raises TaxonomyFileError, or OSError when the file cannot be opened."""
    try:
        with path.open("rb") as file, read_table(file, path.name) as table:
            return _entries(table)
    except Unreadable as error:
        raise TaxonomyFileError(error.message) from error


def _entries(table: Table) -> dict[str, Specialty]:
    columns = _columns(table)
    found: dict[str, Specialty] = {}
    faults: list[str] = []
    for line in table.lines:
        entry = _entry(line, columns)
        if isinstance(entry, Specialty) and entry.code in found:
            entry = f"Line {line.number}: the code stands in the file twice."
        if isinstance(entry, str):
            faults.append(entry)
        else:
            found[entry.code] = entry
    if not found and not faults:
        raise TaxonomyFileError("The file has no codes: there is nothing below its header.")
    if faults:
        more = len(faults) - MOST_FAULTS
        rest = [f"{more} more lines have a fault."] if more > 0 else []
        raise TaxonomyFileError("\n".join(faults[:MOST_FAULTS] + rest))
    return found


def _columns(table: Table) -> dict[str, str]:
    """Our word → the file's name of the column."""
    named = {_squash(name): name for name in table.columns}
    columns = {ours: named[word] for word, ours in _COLUMNS.items() if word in named}
    missing = [title for ours, title in _NEEDED.items() if ours not in columns]
    if missing:
        has = ", ".join(table.columns[:12])
        message = f"Line {table.header.line}: no column {' and no column '.join(missing)}"
        raise TaxonomyFileError(f"{message} (the file has: {has}).")
    return columns


def _entry(line: Line, columns: Mapping[str, str]) -> Specialty | str:
    """The line's specialty, or what is wrong with the line."""
    if line.fault is not None:
        return line.fault.message
    code, name, section = (
        " ".join(line.cells.get(columns.get(ours, ""), "").split())
        for ours in ("code", "name", "section")
    )
    if not _CODE.fullmatch(code):
        return f"Line {line.number}: a code has 10 digits and capital letters, such as 207Q00000X."
    if not name.strip(" ,"):
        return f"Line {line.number}: the code has no display name."
    if len(name) > _LONGEST["name"] or len(section) > _LONGEST["section"]:
        return f"Line {line.number}: the display name or the section is too long."
    return Specialty(code, name.strip(" ,"), section)


def _squash(name: str) -> str:
    return _NOT_ALNUM.sub("", name.casefold())
