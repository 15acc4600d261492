"""Rows of JSON files: each is a row of the bulk endpoint, as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.intake.readers.objects import JsonRow, Objects
from records.importers import fields
from records.importers.fields import RECORD_ID, ROW_ID, VERSION
from records.importers.rows import FileRow, Format, Source

_OURS = (ROW_ID, VERSION, *fields.ISSUE_COLUMNS)


def json_source(objects: Objects, kind: Format) -> Source:
    """The rows of a list or of lines. What a row leaves out is empty, as in a request."""
    return Source(
        format=kind,
        rows=(file_row(row) for row in objects.rows),
        read_as=objects.read_as,
        notices=list(objects.notices),
        close=objects.close,
    )


def file_row(row: JsonRow) -> FileRow:
    """One row. What the portal wrote beside it when it was refused names the row, or is dropped."""
    if row.fault is not None:
        return FileRow(row.number, row.value, errors=(row.fault,), is_row=False)
    value = row.value
    if not isinstance(value, Mapping):
        return FileRow(row.number, value)
    row_id = _text(value[ROW_ID]) if ROW_ID in value else None
    version = _text(value.get(VERSION))
    kept = value
    if row_id is not None:
        kept = {name: said for name, said in value.items() if name not in _OURS}
    return FileRow(
        row.number, kept, row_id=row_id, version=version, record_id=_text(value.get(RECORD_ID))
    )


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int) else ""
