"""Files for the readers, as programs and mischief make them, and what was read of one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import xlsxwriter

from portal.intake.readers import Line, Unreadable, read_table

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGED = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read to its end."""

    columns: tuple[str, ...]
    lines: list[Line]
    read_as: str
    notices: tuple[str, ...]
    blank: int

    @property
    def rows(self) -> list[list[str]]:
        """The cells of all rows, with a fault or without."""
        return [list(line.cells.values()) for line in self.lines]

    @property
    def faults(self) -> dict[int, str]:
        """Codes by the file's line."""
        return {line.number: line.fault.code for line in self.lines if line.fault}

    @property
    def numbers(self) -> list[int]:
        """The file's lines that rows begin at."""
        return [line.number for line in self.lines]


def read(content: bytes | str, name: str = "list.csv", **options: Any) -> Read:
    """The whole file; text is UTF-8."""
    data = content.encode() if isinstance(content, str) else content
    file = io.BytesIO(data)
    with read_table(file, name, **options) as table:
        lines = list(table.lines)
        found = Read(table.columns, lines, table.read_as, tuple(table.notices), table.blank)
    assert not file.closed
    return found


def refusal(content: bytes | str, name: str = "list.csv", **options: Any) -> Unreadable:
    """Why the whole file is refused."""
    with pytest.raises(Unreadable) as caught:
        read(content, name, **options)
    return caught.value


def make_workbook(
    *sheets: Sequence[Sequence[Any]],
    hidden: Sequence[int] = (),
    formats: dict[tuple[int, int], str] | None = None,
    **options: Any,
) -> bytes:
    """A workbook with these rows on its sheets; `formats` are number formats by (row, column)."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, options)
    for number, rows in enumerate(sheets):
        sheet = workbook.add_worksheet(f"Sheet {number + 1}")
        if number in hidden:
            sheet.hide()
        elif number == min(set(range(len(sheets))) - set(hidden)):
            sheet.activate()
            sheet.set_first_sheet()
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                text = (formats or {}).get((row, column))
                style = workbook.add_format({"num_format": text}) if text else None
                sheet.write(row, column, value, style)
    workbook.close()
    return file.getvalue()


def make_package(
    sheet: str, *, before: str = "", head: str = _HEAD, extra: dict[str, bytes] | None = None
) -> bytes:
    """A workbook written by hand around the XML of its rows."""
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGED}/content-types"/>',
        "_rels/.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGED}/relationships"><Relationship Id="rId1"'
            f' Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGED}/relationships"><Relationship Id="rId1"'
            f' Type="{_RELATED}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": (
            f'{head}<worksheet xmlns="{_MAIN}">{before}<sheetData>{sheet}</sheetData></worksheet>'
        ),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return file.getvalue()


def cell(reference: str, text: str = "x") -> str:
    """The XML of one cell with a text."""
    return f'<c r="{reference}" t="str"><v>{text}</v></c>'
