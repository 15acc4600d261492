"""A record's values as a form shows them, and what a form sends back as a row.

What nobody touched stays as it came, also where its type is wrong and no form can show it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from records.choices import RecordType
from records.forms.catalogue import FIELDS, FieldSpec, Kind
from records.presentation.fields import DAY_LABELS

INTEGRATION = "/integrationId"
_BLANK_ROWS = 2
_BETWEEN = re.compile(r"\s*[-–—]\s*")
_CONFIG = "config"


class Posted(Protocol):
    """A form's fields (Django's QueryDict, or a plain dict)."""

    def __iter__(self) -> Iterator[str]:
        """The names."""

    def __contains__(self, name: object, /) -> bool:
        """Whether the form has this name."""

    def __getitem__(self, name: str, /) -> Any:
        """The last value of this name."""


def stands_at(row: Any, pointer: str) -> Any:
    """What a row says at a field's pointer; None where it says nothing."""
    for step in pointer.split("/")[1:]:
        row = row.get(step) if isinstance(row, Mapping) else None
    return row


def value_of(spec: FieldSpec, row: Any) -> Any:
    """What the form shows of a field: text, {day: text} for hours, [{part: text}] for lists."""
    value = stands_at(row, spec.pointer)
    if spec.kind is Kind.HOURS:
        days = value if isinstance(value, Mapping) else {}
        return {day: _hours(days.get(day)) for day in DAY_LABELS}
    if spec.kind is Kind.TABLE:
        return _lines_of_table(spec, value)
    if spec.kind is Kind.LINES:
        items = value if isinstance(value, list) else [] if value is None else [value]
        return "\n".join(_text(each) for each in items)
    return _text(value)


def read_row(posted: Posted, row: Any = None) -> dict[str, Any]:
    """The row that a form describes: `row` with the form's fields in place of its own."""
    read = copy.deepcopy(dict(row)) if isinstance(row, Mapping) else {}
    config = read.get(_CONFIG)
    read[_CONFIG] = dict(config) if isinstance(config, Mapping) else {}
    if read[_CONFIG].get("type") is None:
        read[_CONFIG]["type"] = RecordType.PRACTITIONERS.value
    for spec in FIELDS.values():
        if _is_in(posted, spec):
            _set(read, spec.pointer, _read(posted, spec, row))
    if INTEGRATION in posted:
        _set(read, INTEGRATION, posted[INTEGRATION].strip() or None)
    return read


def _is_in(posted: Posted, spec: FieldSpec) -> bool:
    if spec.kind is Kind.HOURS:
        return all(f"{spec.pointer}/{day}" in posted for day in DAY_LABELS)
    if spec.kind is Kind.TABLE:
        return f"{spec.pointer}/rows" in posted
    return spec.pointer in posted


def _read(posted: Posted, spec: FieldSpec, row: Any) -> Any:
    stands = stands_at(row, spec.pointer)
    if spec.kind is Kind.HOURS:
        return _read_week(posted, spec, stands)
    if spec.kind is Kind.TABLE:
        return _read_table(posted, spec, stands)
    text = str(posted[spec.pointer]).replace("\r\n", "\n").strip("\n")
    if spec.kind is Kind.LINES:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines or ([] if stands == [] else None)
    return text.strip() or None if spec.kind is not Kind.PROSE else text or None


def _read_table(posted: Posted, spec: FieldSpec, stands: Any) -> Any:
    """Lines of which every part is empty are left out; a part that is empty is null."""
    count = str(posted[f"{spec.pointer}/rows"])
    found = []
    for number in range(min(int(count), 200) if count.isdecimal() else 0):
        line = {
            column.name: _part(posted, f"{spec.pointer}/{number}/{column.name}")
            for column in spec.columns
        }
        before = stands[number] if isinstance(stands, list) and number < len(stands) else None
        unknown = before if isinstance(before, Mapping) else {}
        if any(line.values()):
            found.append({**unknown, **line})
    return found or ([] if stands == [] else None)


def _part(posted: Posted, name: str) -> str | None:
    return str(posted[name]).strip() or None if name in posted else None


def _read_week(posted: Posted, spec: FieldSpec, stands: Any) -> Any:
    before = dict(stands) if isinstance(stands, Mapping) else {}
    week = dict(before)
    for day in DAY_LABELS:
        text = str(posted[f"{spec.pointer}/{day}"]).strip()
        if text != _hours(before.get(day)):
            week[day] = _stretches(text)
    is_empty = not any(week.values())
    return None if is_empty and not before else week


def _stretches(text: str) -> list[dict[str, Any]] | None:
    """ "09:00-12:30, 13:30-17:00" as stretches; None for nothing."""
    found = []
    for part in re.split(r"[,;\n]", text):
        if part.strip():
            start, *rest = _BETWEEN.split(part.strip(), maxsplit=1)
            found.append({"start": start or None, "end": (rest[0] if rest else "") or None})
    return found or None


def _hours(value: Any) -> str:
    """One day's stretches as the form writes them."""
    if not value:
        return ""
    if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
        return ", ".join(
            f"{_text(each.get('start'))}-{_text(each.get('end'))}".strip() for each in value
        )
    return _text(value)


def _lines_of_table(spec: FieldSpec, value: Any) -> list[dict[str, str]]:
    """The list's objects part by part, and some blank ones to fill in."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    named = next(c.name for c in spec.columns if c.name.lower().endswith("name"))
    found = [
        {c.name: _text(each.get(c.name)) for c in spec.columns}
        if isinstance(each, Mapping)
        else {c.name: _text(each) if c.name == named else "" for c in spec.columns}
        for each in items
    ]
    return found + [dict.fromkeys((c.name for c in spec.columns), "") for _ in range(_BLANK_ROWS)]


def _text(value: Any) -> str:
    """A value as a person would have typed it; what is no text is written as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _set(row: dict[str, Any], pointer: str, value: Any) -> None:
    """Say it at this place; nothing where nothing was said stays absent."""
    *way, name = pointer.split("/")[1:]
    parent: Any = row
    for step in way:
        parent = parent[step]
    if value is not None or parent.get(name) is not None:
        parent[name] = value
