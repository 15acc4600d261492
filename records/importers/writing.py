"""Records on their way out, in every format that comes in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from portal.exports import as_bytes
from records.importers import nppes_out, table_out
from records.importers.fhir_out import resources_of
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID, RECORD_ID
from records.importers.rows import Format

_AT_ONCE: Final = 500


class Stored(NamedTuple):
    """A stored record, as files show it."""

    record_id: str
    logical_id: str | None
    integration_id: str | None
    config: Mapping[str, Any]

    def as_row(self) -> dict[str, Any]:
        """As a row of the bulk endpoint."""
        return {
            LOGICAL_ID: self.logical_id,
            INTEGRATION_ID: self.integration_id,
            "config": self.config,
        }


class Written(NamedTuple):
    """How a format is written: its file's ending and type, and the words people know it by."""

    ending: str
    content_type: str
    title: str
    note: str


WRITTEN: Final = {
    Format.XLSX: Written(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Excel",
        "One line each; lists and hours as people write them.",
    ),
    Format.CSV: Written("csv", "text/csv; charset=utf-8", "CSV", "The same columns as text."),
    Format.JSON: Written(
        "json", "application/json", "JSON", "One list of rows, as the API takes them."
    ),
    Format.NDJSON: Written(
        "ndjson", "application/x-ndjson", "NDJSON", "A row on each line, for large files."
    ),
    Format.FHIR: Written(
        "fhir.ndjson",
        "application/fhir+ndjson",
        "FHIR",
        "Practitioner and PractitionerRole; what FHIR has no element for stays here.",
    ),
    Format.NPPES: Written(
        "nppes.csv",
        "text/csv; charset=utf-8",
        "NPPES",
        "The columns of the NPPES file that a record can fill.",
    ),
}
"""Every format, in the order in which people are asked."""


def as_file(
    kind: Format, records: Iterable[Stored], *, on_end: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """The records as a file of this format, in pieces; `on_end` hears how many they were.

    An Excel file raises TooManyRows beyond a worksheet.
    """
    if kind in (Format.CSV, Format.XLSX):
        rows = (table_out.values_of(each.as_row(), each.record_id) for each in records)
        return as_bytes(kind.value, table_out.COLUMNS, rows, on_end=on_end)
    if kind is Format.NPPES:
        rows = (nppes_out.values_of(each.as_row(), each.record_id) for each in records)
        return as_bytes("csv", nppes_out.COLUMNS, rows, on_end=on_end)
    return _texts(kind, records, on_end)


def _texts(
    kind: Format, records: Iterable[Stored], on_end: Callable[[int], None] | None
) -> Iterator[bytes]:
    """JSON in its three shapes, some hundred records at a time."""
    rows, count = iter(records), 0
    if kind is Format.JSON:
        yield b"["
    while block := list(islice(rows, _AT_ONCE)):
        texts = [text for each in block for text in _lines_of(kind, each)]
        if kind is Format.JSON:
            yield (",\n" if count else "\n").encode() + ",\n".join(texts).encode()
        else:
            yield "".join(f"{text}\n" for text in texts).encode()
        count += len(block)
    if kind is Format.JSON:
        yield b"\n]\n"
    if on_end is not None:
        on_end(count)


def _lines_of(kind: Format, record: Stored) -> list[str]:
    if kind is Format.FHIR:
        resources = resources_of(record.as_row(), record.record_id)
        return [json.dumps(each, ensure_ascii=False) for each in resources]
    row = {RECORD_ID: record.record_id, **record.as_row()}
    return [json.dumps(row, ensure_ascii=False)]
