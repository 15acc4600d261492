"""Records as the rows of a table, which `tables` reads back as they were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from records.importers import cells
from records.importers.fields import (
    HOURS,
    INTEGRATION_ID,
    LISTS,
    LOGICAL_ID,
    OBJECTS,
    RECORD_ID,
    TEXTS,
)

PLACES: Final = {"specialties": 5, "locations": 3}
"""Items of a list that get columns of their own; a longer list stands in one cell, as JSON."""


def _part_columns(field: str) -> Iterator[str]:
    for number in range(PLACES[field]):
        for key in OBJECTS[field]:
            yield f"{field}.{number}.{key}"


PARTS: Final = {field: (*_part_columns(field), field) for field in OBJECTS}
COLUMNS: Final = (
    *(RECORD_ID, LOGICAL_ID, INTEGRATION_ID),
    *TEXTS,
    *LISTS,
    *PARTS["specialties"],
    *PARTS["locations"],
    HOURS,
)
"""The columns of an export."""


def cells_of(row: Mapping[str, Any], record_id: str = "") -> dict[str, str]:
    """A row of the bulk endpoint (or what should have been one) as cells by column."""
    found = dict.fromkeys(COLUMNS, "")
    found[RECORD_ID] = record_id
    for name in (LOGICAL_ID, INTEGRATION_ID):
        found[name] = cells.cell_of(row.get(name), cells.text_in)
    config = row.get("config")
    if isinstance(config, dict):
        for name, value in config.items():
            if value is not None and name != "type":
                found |= _cells(name, value)
    return found


def values_of(row: Mapping[str, Any], record_id: str) -> Sequence[str]:
    """The same in the order of `COLUMNS`."""
    found = cells_of(row, record_id)
    return [found[column] for column in COLUMNS]


def _cells(name: str, value: Any) -> dict[str, str]:
    """One field's cells."""
    if name in OBJECTS:
        return _parts(name, value)
    if name in LISTS:
        return {name: cells.cell_of(value, cells.list_in)}
    if name == HOURS:
        return {name: cells.cell_of(value, cells.hours_in)}
    return {name: cells.cell_of(value, cells.npi_in if name == "npi" else cells.text_in)}


def _parts(name: str, value: Any) -> dict[str, str]:
    """A list of objects in its numbered columns; as JSON in one when they cannot say it."""
    if not isinstance(value, list) or not 0 < len(value) <= PLACES[name]:
        return {name: _whole(name, value)}
    found = {}
    for number, item in enumerate(value):
        said = cells.without_nones(item)
        if not isinstance(said, dict) or not said or not said.keys() <= set(OBJECTS[name]):
            return {name: _whole(name, value)}
        for key, text in said.items():
            found[f"{name}.{number}.{key}"] = cells.cell_of(text, cells.text_in)
    return found


def _whole(name: str, value: Any) -> str:
    return cells.cell_of(value, lambda cell: cells.objects_in(name, cell))
