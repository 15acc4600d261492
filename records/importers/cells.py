"""One cell and the value it says: texts, `|`-separated lists, hours as `mon=09:00-12:30`.

What a plain cell cannot say (an empty list, a list's item with a bar in it, blanks around a text)
is written as JSON, and a cell that is JSON of the kind is read as such: every value comes back
exactly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from portal.intake.strict_json import BadJson, parse_json
from records.importers.fields import DAYS, OBJECTS

BAR: Final = "|"
_NUMBER_OF_A_SHEET = re.compile(r"[0-9]{5,15}\.0", re.ASCII)
_BETWEEN_DAYS = re.compile(r"[|;\n]")
_HOUR = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?", re.ASCII)
_FRACTION = re.compile(r"0?\.[0-9]{1,15}|0|1", re.ASCII)
_CODE = re.compile(r"[0-9A-Z]{9}X", re.ASCII)
_LOST_IN_CELLS = re.compile("[\ufffe\uffff]")
_NOTHING = object()


class Unclear(ValueError):
    """A cell that cannot be read as what its column holds. The message says how to write it."""


def text_in(cell: str) -> str | None:
    """The text of a cell; None for a blank one."""
    text = cell.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        found = _json(text)
        return found if isinstance(found, str) else text
    return text or None


def npi_in(cell: str) -> str | None:
    """A number that some program has written as 1255334207.0 is 1255334207."""
    text = text_in(cell)
    return text[:-2] if text and _NUMBER_OF_A_SHEET.fullmatch(cell.strip()) else text


def list_in(cell: str) -> list[Any] | None:
    """The items between the bars; None for a blank cell."""
    text = cell.strip()
    if text.startswith("[") and isinstance(found := _json(text), list):
        return found
    return [item for each in text.split(BAR) if (item := each.strip())] or None


def objects_in(field: str, cell: str) -> list[Any] | None:
    """A list of objects: JSON, or bars between codes and names (ids and names of places)."""
    found = list_in(cell)
    if found is None or cell.strip().startswith("["):
        return found
    key, name = OBJECTS[field]
    if field == "specialties":
        return [{key if _CODE.fullmatch(item) else name: item} for item in found]
    return [{name: item} for item in found]


def hours_in(cell: str) -> dict[str, Any] | None:
    """A week such as `mon=09:00-12:30,13:30-17:00|tue=09:00-17:00`. Raises Unclear."""
    text = cell.strip()
    if text.startswith("{") and isinstance(found := _json(text), dict):
        return found
    week: dict[str, Any] = {}
    for part in filter(None, (each.strip() for each in _BETWEEN_DAYS.split(text))):
        day, equals, said = (each.strip() for each in part.partition("="))
        if not equals or day.casefold() not in DAYS or day.casefold() in week:
            raise Unclear("Write each day once, as mon=09:00-12:30,13:30-17:00, bars between days.")
        week[day.casefold()] = day_in(said)
    return week or None


def day_in(cell: str) -> list[Any] | None:
    """The stretches of one day, `09:00-12:30,13:30-17:00`. Raises Unclear."""
    text = cell.strip()
    if text.startswith("[") and isinstance(found := _json(text), list):
        return found
    stretches = [each.strip() for each in text.split(",") if each.strip()]
    return [_stretch(each) for each in stretches] or None


def _stretch(text: str) -> dict[str, str]:
    start, dash, end = text.partition("-")
    if not dash:
        raise Unclear("Write a stretch of a day with its start and its end, as 09:00-12:30.")
    pairs = {"start": clock_in(start), "end": clock_in(end)}
    return {name: value for name, value in pairs.items() if value is not None}


def clock_in(cell: str) -> str | None:
    """A time: 9:00 and 09:00:00 are 09:00, and so is a spreadsheet's 0.375."""
    text = text_in(cell)
    if text is None or text != cell.strip():
        return text
    if found := _HOUR.fullmatch(text):
        return f"{int(found[1]):02}:{found[2]}"
    if _FRACTION.fullmatch(text):
        minutes = round(float(text) * 24 * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    return text


def cell_of(value: Any, read: Callable[[str], Any]) -> str:
    """The cell that `read` reads as this value: as people write it, or JSON when that is not it.

    Keys of objects that are None are the same as absent ones.
    """
    value = without_nones(value)
    if value is None:
        return ""
    plain = _plain(value)
    if isinstance(value, str) and _reads(read, value) is _NOTHING:
        return value  # it could not be read when it came, either
    if plain is not None and not _LOST_IN_CELLS.search(plain) and _reads(read, plain) == value:
        return plain
    keep_ascii = _LOST_IN_CELLS.search(json.dumps(value, ensure_ascii=False)) is not None
    return json.dumps(value, ensure_ascii=keep_ascii)


def without_nones(value: Any) -> Any:
    """The value, with the keys of its objects that say nothing left out."""
    if isinstance(value, dict):
        return {name: without_nones(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nones(item) for item in value]
    return value


def _reads(read: Callable[[str], Any], cell: str) -> Any:
    try:
        return read(cell)
    except Unclear:
        return _NOTHING


def _plain(value: Any) -> str | None:
    """As people write it; None when they cannot."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return BAR.join(value)
    if isinstance(value, dict):
        days = {day: _plain_day(said) for day, said in value.items()}
        if None not in days.values():
            return BAR.join(f"{day}={said}" for day, said in days.items())
    return None


def _plain_day(said: Any) -> str | None:
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        return None
    return ",".join(f"{each.get('start', '')}-{each.get('end', '')}" for each in said)


def _json(text: str) -> Any:
    """What the text says as JSON; `_NOTHING` when it is none."""
    try:
        return parse_json(text, text.encode("utf-8", "replace")).value
    except BadJson:
        return _NOTHING
