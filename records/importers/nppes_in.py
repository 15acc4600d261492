"""The rows of an NPPES dissemination file: persons come in, organisations are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.intake.issues import Issue
from portal.intake.readers import Line, Table
from portal.intake.text import excerpt
from records.importers import cells, fields
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID, RECORD_ID
from records.importers.nppes import (
    CITY,
    CREDENTIAL,
    DEACTIVATED,
    ENTITY,
    FIRST,
    GENDER,
    LAST,
    LICENSE,
    NPI,
    SEX,
    STATE,
    TAXONOMY,
    config_of,
)
from records.importers.nppes_out import cells_of
from records.importers.rows import Config, FileRow, Format, Source

_CARRIED: Final = {
    "npi": (NPI,),
    "name": (LAST, FIRST),
    "qualification": (CREDENTIAL,),
    "gender": (GENDER, SEX),
    "specialties": (TAXONOMY.format(1),),
    "id": (LICENSE.format(1),),
    "locations": (CITY, STATE),
    "status": (DEACTIVATED,),
}
"""The fields that a line speaks of, each with the columns of which one must be there."""


def nppes_source(table: Table) -> Source:
    """The persons of a dissemination file. Their logical id is the NPI."""
    own = {name: column for column in table.columns if (name := fields.special(column))}
    columns = frozenset(table.columns)
    return Source(
        format=Format.NPPES,
        rows=(_read(line, own) for line in table.lines),
        read_as=f"NPPES, {table.read_as}",
        columns=table.columns,
        carried=frozenset(name for name, any_of in _CARRIED.items() if columns & set(any_of)),
        shown=shown,
        notices=list(table.notices),
        close=table.close,
    )


def shown(config: Config) -> Config:
    """What such a file would say of a stored config."""
    return config_of(cells_of({"config": config}))


def _read(line: Line, own: Mapping[str, str]) -> FileRow:
    of = line.cells
    row_id = of.get(own[fields.ROW_ID], "").strip() if fields.ROW_ID in own else None
    version = of.get(own.get(fields.VERSION, ""), "").strip()
    config = config_of(of)
    row: dict[str, Any] = {LOGICAL_ID: _logical_id(of, config), "config": config}
    if integration := cells.text_in(of.get(INTEGRATION_ID, "")):
        row[INTEGRATION_ID] = integration
    record_id = (cells.text_in(of.get(RECORD_ID, "")) or "").strip()
    is_row = line.fault is None
    errors = (line.fault,) if line.fault is not None else _entity_fault(of)
    return FileRow(line.number, row, of, errors, is_row, row_id, version, record_id)


def _logical_id(of: Mapping[str, str], config: Config) -> str | None:
    """The portal's own column where it wrote one; else the NPI."""
    if LOGICAL_ID in of:
        return cells.text_in(of[LOGICAL_ID])
    npi: str | None = config.get("npi")
    return npi


def _entity_fault(of: Mapping[str, str]) -> tuple[Issue, ...]:
    entity = of.get(ENTITY, "").strip()
    if entity == "1":
        return ()
    if entity == "2":
        message = "This NPI is an organisation's (entity type 2), not a person's."
        return (Issue("/config/npi", "npi.organization", message, excerpt(entity)),)
    message = "The line does not say that this is a person (entity type 1)."
    return (Issue("/config/npi", "npi.entity_type", message, excerpt(entity)),)
