"""Excel workbooks: one worksheet's cells as text, as a person reads them in the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, Final

import python_calamine as calamine

from portal.intake import formulas
from portal.intake.readers.base import (
    Line,
    Table,
    Unreadable,
    by_place,
    make_header,
    width_fault,
)
from portal.intake.readers.extent import damaged
from portal.intake.readers.package import Package, Sheet

_EXACT: Final = 10**15
"""Spreadsheets keep 15 digits of a number: beyond, the last ones are lost."""


def read_xlsx(file: BinaryIO, *, sheet: str | None = None) -> Table:
    """The table in a worksheet: the one of this name, or the first one that is not hidden.

    The first row that is not blank is the header. Raises Unreadable for a file that is no
    workbook, that is too big to be held, or that has no such sheet.
    """
    package = Package(file)
    sheets = package.sheets()
    chosen = _choose(sheets, sheet)
    with package.repacked(chosen) as path:
        found = _open(path, chosen)
    rows = _numbered(found)
    number, cells = next((row for row in rows if _says_something(row[1])), (0, []))
    if not number:
        raise Unreadable("file.empty", "The sheet is empty.")
    header = make_header(cells, number)
    table = Table(
        header,
        iter(()),
        "Excel workbook",
        _notices(sheets, chosen),
        dates_from=package.dates_from,
    )
    table.lines = _lines(table, rows)
    return table


def _choose(sheets: Sequence[Sheet], name: str | None) -> Sheet:
    if not sheets:
        raise Unreadable("file.sheet", "The workbook has no worksheet.")
    if name is None:
        return next((sheet for sheet in sheets if not sheet.is_hidden), sheets[0])
    wanted = name.strip().casefold()
    for sheet in sheets:
        if sheet.name.strip().casefold() == wanted:
            return sheet
    raise Unreadable("file.sheet", "The workbook has no sheet of that name.")


def _notices(sheets: Sequence[Sheet], chosen: Sheet) -> tuple[str, ...]:
    others = [sheet for sheet in sheets if sheet is not chosen]
    said = []
    if others:
        names = ", ".join(f"{o.name!r}{' (hidden)' if o.is_hidden else ''}" for o in others)
        said.append(f"Only the sheet {chosen.name!r} was read; the workbook also has {names}.")
    if chosen.is_hidden:
        said.append(f"The sheet {chosen.name!r} is hidden.")
    return tuple(said)


def _open(path: str, chosen: Sheet) -> calamine.CalamineSheet:
    try:
        return calamine.CalamineWorkbook.from_path(path).get_sheet_by_name(chosen.name)
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise damaged() from error
    except BaseException as error:
        # What a Rust library raises when it gives up is no Exception.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise


def _numbered(sheet: calamine.CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """The rows with the sheet's own numbers, cells as text, from the first column in use."""
    for number, values in enumerate(sheet.iter_rows(), 1):
        yield number, [v if v.__class__ is str else text_of(v) for v in values]


def _says_something(cells: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() for cell in cells)


def _lines(table: Table, rows: Iterator[tuple[int, list[str]]]) -> Iterator[Line]:
    header = table.header
    for number, cells in rows:
        if not _says_something(cells):
            table.blank += 1
            continue
        cells = [formulas.unescape(cell) for cell in cells]
        fault = width_fault(header, cells, number)
        if fault is None:
            yield Line(number, dict(zip(header.names, cells, strict=False)))
        else:
            yield Line(number, by_place(header, cells), fault)


def text_of(value: Any) -> str:
    """A cell's value as text: 1255334207.0 is "1255334207", a day is "2026-11-24".

    A number whose last digits a spreadsheet has lost is written as it shows it, with an
    exponent ("1.23456789012346E+18"), and can no longer be taken for an identifier.
    """
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(float(value))
        case datetime():
            return _moment(value)
        case date():
            return value.isoformat()
        case time():
            return _hours(timedelta(hours=value.hour, minutes=value.minute, seconds=value.second))
        case timedelta():
            return _hours(value)
    return str(value)


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.14E}"
    return str(int(value)) if value.is_integer() else f"{value:.15g}"


def _moment(value: datetime) -> str:
    """To the nearest second: the cell is a fraction of a day."""
    rounded = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    return rounded.isoformat(" ", "seconds" if rounded.second else "minutes")


def _hours(value: timedelta) -> str:
    """Hours and minutes, with seconds when there are any; a duration may have more than 24 h."""
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    text = f"{'-' if seconds < 0 else ''}{hours:02}:{rest // 60:02}"
    return f"{text}:{rest % 60:02}" if rest % 60 else text
