"""A file of practitioners as rows, whatever it is: the one place that knows every format."""

from __future__ import annotations

from typing import BinaryIO, Final

from portal.intake.readers import Table, Unreadable, read_table
from portal.intake.readers.json_list import read_json_list
from portal.intake.readers.lines import LONGEST_LINE
from portal.intake.readers.ndjson import read_ndjson
from records.importers.fhir_in import fhir_source
from records.importers.json_rows import json_source
from records.importers.nppes import ENTITY, NPI, is_nppes
from records.importers.nppes_in import nppes_source
from records.importers.rows import Format, Source
from records.importers.tables import table_source

AUTO: Final = "auto"
FORMATS: Final = (AUTO, *(each.value for each in Format))
_ZIP: Final = b"PK\x03\x04"
_MARK: Final = b"\xef\xbb\xbf"
_HEAD: Final = 1 << 16


def open_source(
    file: BinaryIO,
    name: str = "",
    *,
    kind: str = AUTO,
    sheet: str | None = None,
    encoding: str | None = None,
    roles: BinaryIO | None = None,
) -> Source:
    """The rows of a file; close it when done. The file itself, seekable, stays open.

    `kind` is one of FORMATS; `auto` goes by the content, never by the name. `sheet` is a
    workbook's, `encoding` a table's, `roles` a FHIR file's second one. Raises Unreadable when the
    file as a whole is of no use.
    """
    found = Format(kind) if kind != AUTO else find_format(file)
    if roles is not None and found is not Format.FHIR:
        raise Unreadable("file.roles", "A file of roles goes with FHIR practitioners only.")
    match found:
        case Format.JSON:
            return json_source(read_json_list(file), found)
        case Format.NDJSON:
            return json_source(read_ndjson(file), found)
        case Format.FHIR:
            return fhir_source(file, roles)
    return _table(read_table(file, name, sheet=sheet, encoding=encoding), kind, found)


def _table(table: Table, kind: str, found: Format) -> Source:
    try:
        if found is Format.NPPES and not is_nppes(table.columns):
            message = f"The file has no columns {NPI} and {ENTITY}: it is no NPPES file."
            raise Unreadable("columns", message)
        if found is Format.NPPES or (kind == AUTO and is_nppes(table.columns)):
            return nppes_source(table)
        return table_source(table, found)
    except Unreadable:
        table.close()
        raise


def find_format(file: BinaryIO) -> Format:
    """What the file is, by how it begins: JSON, a workbook, or a table in text."""
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith(_ZIP):
        return Format.XLSX
    begins = head.removeprefix(_MARK).lstrip()
    if begins.startswith(b"["):
        return Format.JSON
    if not begins.startswith(b"{"):
        return Format.CSV
    return _kind_of_lines(file)


def _kind_of_lines(file: BinaryIO) -> Format:
    """Lines of JSON, told by the first: a resource of FHIR, or a row."""
    with read_ndjson(file) as objects:
        first = next(objects.rows)
    file.seek(0)
    if first.fault is None:
        is_resource = isinstance(first.value, dict) and "resourceType" in first.value
        return Format.FHIR if is_resource else Format.NDJSON
    if first.fault.code == "json.syntax" and _is_one_object(file):
        message = "The file is one JSON object. Put the rows into a list, or one on each line."
        raise Unreadable("file.json", message)
    return Format.NDJSON


def _is_one_object(file: BinaryIO) -> bool:
    """Whether the first line ends inside an object that goes on: no line is a row then."""
    first = file.readline(LONGEST_LINE).strip()
    second = file.readline(LONGEST_LINE).strip()
    file.seek(0)
    return bool(second) and not first.endswith(b"}") and not second.startswith(b"{")
