"""One line of a file as a row to check, with what the line itself tells about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility.files.columns import Columns
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.intake.text import excerpt

_TOTALS = re.compile(
    r"\W*(?:(?:grand|sub|overall)?[ -]*totals?|sum|count|(?:ال)?مجموع|(?:ال)?إجمالي)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_EXPONENT = re.compile(r"\d(?:[.,]\d+)?E\+?\d{1,3}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line on its way in: `raw` is the row, `errors` what its line already shows.

    A line that is no row (`is_row` false) is kept with its errors and not checked any further.
    """

    line: int
    raw: dict[str, Any]
    errors: tuple[Issue, ...] = ()
    is_row: bool = True


def read_row(line: Line, columns: Columns) -> FileRow:
    """The row of a line. Nothing is refused here, only told."""
    if line.fault is not None:
        raw = {name: cell for name, cell in columns.cells(line.cells).items() if cell.strip()}
        fault = line.fault if not _is_totals(line.cells, raw) else _TOTALS_LINE
        return FileRow(line.number, raw, (fault,), is_row=False)
    raw = columns.row(line.cells)
    identifier = raw.get("id_value")
    if identifier is None:
        if _is_totals(line.cells, raw):
            return FileRow(line.number, raw, (_TOTALS_LINE,), is_row=False)
    elif "E" in identifier.upper() and _EXPONENT.fullmatch(identifier):
        return FileRow(line.number, raw, (_shortened(identifier),))
    return FileRow(line.number, raw)


_TOTALS_LINE = Issue("", "row.totals", "This looks like a line of totals, not like a patient's.")


def _is_totals(cells: Mapping[str, str], raw: Mapping[str, Any]) -> bool:
    """Whether the line has no identifier and its first word is a total's."""
    if "id_value" in raw:
        return False
    first = next((cell for cell in cells.values() if cell.strip()), "")
    return _TOTALS.fullmatch(first) is not None


def _shortened(identifier: str) -> Issue:
    message = (
        "A spreadsheet has shortened this number and lost its last digits. Enter it again, as text."
    )
    return Issue("/id_value", "id_value.shortened", message, excerpt(identifier))
