"""A file of rows in somebody's spreadsheet: opened, typed over, saved again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

Sheet = list[dict[str, Any]]


def opened(file: Path) -> Sheet:
    """The rows of the first sheet, by column, as the program holds them."""
    header, *rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def saved(sheet: Sheet, file: Path) -> Path:
    """The sheet written anew: text as text, numbers as floating-point, days as serial numbers."""
    with xlsxwriter.Workbook(str(file), {"strings_to_numbers": False}) as workbook:
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        page = workbook.add_worksheet("Rows")
        page.write_row(0, 0, list(sheet[0]))
        for line, row in enumerate(sheet, 1):
            for column, value in enumerate(row.values()):
                page.write(line, column, value, day if isinstance(value, date) else None)
    return file
