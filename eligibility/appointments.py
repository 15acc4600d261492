"""Appointment lists, as a clinic's calendar exports them: their lines as rows of a request.

Pure; what the columns mean is told in domain.md, "Appointment files". Nothing is judged here:
a value that is no good becomes an error or a warning when the row is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from eligibility.schemas import WIRE_NAMES

APPOINTMENT: Final = "appointment"
NOTE: Final = "note"

_DATE_FROM_TIME = re.compile(r"[T\s]")
_FLAGS = frozenset({"force", "is_emergency", "test_mode"})
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_BY_NOTE = {name.casefold(): name for name in WIRE_NAMES - {"extra_args"}}


def row_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """One line of an appointment list (cells by column name) as a row of `bulk/create-tasks`.

    Blank cells are left out and the others keep their names. The appointment's date becomes
    `service_date`, unless there is a column of that name; its time stays in `appointment`, for
    display. A note `key=value` fills the row's field of that name when it is blank; any other
    note becomes `extra_args`.
    """
    row: dict[str, Any] = {
        name: _typed(name, text)
        for name, cell in cells.items()
        if name != NOTE and (text := cell.strip())
    }
    if APPOINTMENT in row:
        row.setdefault("service_date", date_of(row[APPOINTMENT]))
    if note := cells.get(NOTE, "").strip():
        _take_note(note, row)
    return row


def date_of(appointment: str) -> str:
    """The date in the text of an appointment ("2026-11-24 08:00"), as it is written."""
    return _DATE_FROM_TIME.split(appointment.strip(), maxsplit=1)[0]


def _take_note(note: str, row: dict[str, Any]) -> None:
    key, equals, value = (part.strip() for part in note.partition("="))
    field = _BY_NOTE.get(key.casefold())
    if not equals:
        row["extra_args"] = {"title": NOTE, "value": note}
    elif field is None or field in row:
        row["extra_args"] = {"title": key, "value": value}
    else:
        row[field] = _typed(field, value)


def _typed(name: str, text: str) -> str | bool:
    """A file has only text; the API's switches are true or false."""
    return _SWITCH.get(text.casefold(), text) if name in _FLAGS else text
