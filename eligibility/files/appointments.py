"""Appointment lists, as a clinic's calendar exports them: their lines as rows of a request.

Pure; what the columns mean is told in domain.md, "Appointment files". Nothing is judged here:
a value that is no good becomes an error or a warning when the row is checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from eligibility.schemas import WIRE_NAMES

APPOINTMENT: Final = "appointment"
NOTE: Final = "note"
EXTRA_ARGS: Final = "extra_args"
SERVICE_DATE: Final = "service_date"

_DATE_FROM_TIME = re.compile(r"[T\s]")
_FLAGS = frozenset({"force", "is_emergency", "test_mode"})
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_BY_NOTE = {name.casefold(): name for name in WIRE_NAMES - {EXTRA_ARGS}}


def row_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """One line of an appointment list (cells by field) as a row of `bulk/create-tasks`.

    Blank cells are left out and the others keep their names. The appointment's date becomes
    `service_date`, unless there is a column of that name; its time stays in `appointment`, for
    display. A note `key=value` fills the row's field of that name when it is blank; any other
    note becomes `extra_args`.
    """
    row: dict[str, Any] = {name: text for name, cell in cells.items() if (text := cell.strip())}
    for name in row.keys() & _TYPED:
        row[name] = typed(name, row[name])
    if APPOINTMENT in row and SERVICE_DATE not in row:
        row[SERVICE_DATE] = date_of(row[APPOINTMENT])
    if note := row.pop(NOTE, ""):
        _take_note(note, row)
    return row


def date_of(appointment: str) -> str:
    """The date in the text of an appointment ("2026-11-24 08:00"), as it is written."""
    return _DATE_FROM_TIME.split(appointment.strip(), maxsplit=1)[0]


def typed(name: str, text: str) -> Any:
    """A file has only text; the API's switches are true or false, its `extra_args` an object.

    Text that is neither stays text, for the rules to refuse.
    """
    if name in _FLAGS:
        return _SWITCH.get(text.casefold(), text)
    if name == EXTRA_ARGS and text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


_TYPED = _FLAGS | {EXTRA_ARGS}


def _take_note(note: str, row: dict[str, Any]) -> None:
    key, equals, value = (part.strip() for part in note.partition("="))
    field = _BY_NOTE.get(key.casefold())
    if equals and field is not None and field not in row:
        row[field] = typed(field, value)
    elif EXTRA_ARGS not in row:
        has_name = bool(equals and key)
        row[EXTRA_ARGS] = {"title": key if has_name else NOTE, "value": value if has_name else note}
    else:
        row[NOTE] = note
