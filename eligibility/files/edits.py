"""What somebody changed in a row that the portal had written into a file.

A cell that still says what was written is no edit, whatever type its value has in the stored row;
nor is one that a spreadsheet has rewritten by itself on the way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from eligibility.dates import iso_date, readings
from eligibility.files.appointments import NOTE, row_of
from portal.exports import cell_text

Row = Mapping[str, Any]

_EXPONENT = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,3})", re.IGNORECASE | re.ASCII)
_MOST_DIGITS: Final = 64


def edits_of(cells: Mapping[str, str], stored: Row) -> dict[str, Any]:
    """The fields that the cells (by field) say differently from the stored row.

    None stands for a field that was cleared. Fields without a column stay as they are, but for
    what an appointment or a note brings along (`row_of`).
    """
    said = row_of(cells)
    changed = {
        name: said.get(name)
        for name, cell in cells.items()
        if name != NOTE and not is_untouched(cell, cell_text(stored.get(name)))
    }
    changed |= {name: said[name] for name in said.keys() - cells.keys()}
    return {name: value for name, value in changed.items() if value != stored.get(name)}


def with_edits(stored: Row, edits: Mapping[str, Any]) -> dict[str, Any]:
    """The stored row with the edits in it, cleared fields left out."""
    row = {**stored, **edits}
    return {name: value for name, value in row.items() if not _is_cleared(name, value, edits)}


def _is_cleared(name: str, value: Any, edits: Mapping[str, Any]) -> bool:
    return value is None and name in edits


def is_untouched(cell: str, written: str) -> bool:
    """Whether a cell says what was written there, perhaps in a spreadsheet's own way.

    Spreadsheets take the zeros from a number's front, write a day as 24/11/2026, and a long
    number as 7.84E+14.
    """
    cell, written = cell.strip(), written.strip()
    if cell == written or not cell or not written:
        return cell == written
    if written.isdecimal() and written.startswith("0"):
        return cell == (written.lstrip("0") or "0")
    if iso_date(written) is not None:
        return written in readings(cell)
    return written.isdecimal() and _is_shortened(cell, written)


def _is_shortened(cell: str, digits: str) -> bool:
    """Whether 7.84199E+14 is these digits, as far as it goes."""
    found = _EXPONENT.fullmatch(cell)
    if found is None or len(digits) > _MOST_DIGITS:
        return False
    first, more, exponent = found[1], found[2] or "", int(found[3])
    kept = first + more
    shown = f"{int(digits):.{len(more)}e}".replace(".", "").partition("e")[0]
    return exponent == len(digits) - 1 and kept == shown
