"""FHIR NDJSON: practitioners joined with their roles, from one file or two.

Roles may stand anywhere, before and after their practitioners, and a national directory has
millions of them: they are put aside in a small database of their own on disk, by whom they are
about, and fetched practitioner by practitioner.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final, Self

from portal.intake.issues import Issue
from portal.intake.readers import Unreadable
from portal.intake.readers.ndjson import read_ndjson
from portal.intake.readers.objects import JsonRow
from portal.intake.text import excerpt
from records.importers import fhir
from records.importers.fhir_out import resources_of
from records.importers.fields import INTEGRATION_ID, LOGICAL_ID
from records.importers.json_rows import file_row
from records.importers.rows import Config, FileRow, Format, Source

_NAMED: Final = 5
"""Roles without a practitioner that are named by their lines."""


def fhir_source(file: BinaryIO, roles: BinaryIO | None = None) -> Source:
    """The practitioners of a file, with the roles in it and in a second file.

    A role belongs to the practitioner whose NPI it names (or its id). Raises Unreadable when a
    line of the second file cannot be read: without its roles a practitioner would lose them.
    """
    index = _Roles()
    try:
        index.take(file, is_second=False)
        if roles is not None:
            index.take(roles, is_second=True)
        objects = read_ndjson(file)
    except BaseException:
        index.close()
        raise
    source = Source(
        format=Format.FHIR,
        rows=iter(()),
        read_as="FHIR, NDJSON",
        carried=fhir.OF_PERSON | (fhir.OF_ROLES if index.count else frozenset()),
        shown=shown,
        notices=list(objects.notices),
    )

    def close() -> None:
        objects.close()
        index.close()

    source.rows, source.close = _rows(objects.rows, index, source), close
    return source


def shown(config: Config) -> Config:
    """What a FHIR file would say of a stored config."""
    practitioner, *roles = resources_of({"config": config}, "")
    return fhir.config_of(practitioner, roles)


def _rows(rows: Iterator[JsonRow], index: _Roles, source: Source) -> Iterator[FileRow]:
    for row in rows:
        if row.fault is not None or not _is(row.value, fhir.ROLE):
            yield _read(row, index)
    if index.count > index.used:
        lines = ", ".join(map(str, index.unused(_NAMED)))
        left = index.count - index.used
        source.notices.append(
            f"Roles that belong to no practitioner of the file: {left:,} ({lines})."
        )


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, Mapping) and value.get("resourceType") == kind


def _read(row: JsonRow, index: _Roles) -> FileRow:
    if row.fault is not None or (isinstance(row.value, Mapping) and "config" in row.value):
        return file_row(row)
    if not _is(row.value, fhir.PRACTITIONER):
        message = "This line is no Practitioner, nor a role of one."
        kind = row.value.get("resourceType") if isinstance(row.value, Mapping) else None
        issue = Issue("/resourceType", "fhir.resource_type", message, excerpt(kind))
        return FileRow(row.number, row.value, errors=(issue,), is_row=False)
    practitioner = row.value
    config = fhir.config_of(practitioner, index.of(practitioner))
    own_id, record_id = practitioner.get("id"), fhir.identifier(practitioner, fhir.RECORD_SYSTEM)
    if record_id and own_id == record_id:
        own_id = None  # a record of ours without a logical id that could be an id in FHIR
    logical_id = fhir.identifier(practitioner, fhir.LOGICAL_SYSTEM) or own_id
    found: dict[str, Any] = {LOGICAL_ID: logical_id, "config": config}
    if integration := fhir.identifier(practitioner, fhir.INTEGRATION_SYSTEM):
        found[INTEGRATION_ID] = integration
    return FileRow(row.number, found, record_id=record_id if isinstance(record_id, str) else "")


class _Roles:
    """Roles by whom they are about, in a database that nobody else sees."""

    def __init__(self) -> None:
        # The directory goes with the last reference to it.
        self._directory = tempfile.TemporaryDirectory()
        self._base = sqlite3.connect(f"{self._directory.name}/roles", isolation_level=None)
        self._base.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000;"
            "CREATE TABLE role (number INTEGER PRIMARY KEY, key TEXT, line INTEGER, said TEXT,"
            " used INTEGER DEFAULT 0); CREATE INDEX by_key ON role (key); BEGIN;"
        )
        self.count = 0
        self.used = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget them all."""
        self._base.close()
        self._directory.cleanup()

    def take(self, file: BinaryIO, *, is_second: bool) -> None:
        """Put the roles of a file aside. Raises Unreadable for a bad line of the second file."""
        with read_ndjson(file) as objects:
            for row in objects.rows:
                if row.fault is None and _is(row.value, fhir.ROLE):
                    self._add(row)
                elif row.fault is not None and is_second:
                    raise Unreadable("file.roles", f"The file of roles: {row.fault.message}")

    def _add(self, row: JsonRow) -> None:
        about = next(fhir.objects(row.value, "practitioner"), {})
        keys = [k for each in fhir.objects(about, "identifier") if (k := _key(each))]
        reference = about.get("reference")
        if not keys and isinstance(reference, str):
            keys = [f"/{reference.rpartition('/')[2].removeprefix('urn:uuid:')}"]
        kept = {name: row.value.get(name) for name in _KEPT if name in row.value}
        self._base.execute(
            "INSERT INTO role (key, line, said) VALUES (?, ?, ?)",
            (keys[0] if keys else None, row.number, json.dumps(kept)),
        )
        self.count += 1

    def of(self, practitioner: fhir.Resource) -> list[fhir.Resource]:
        """The roles of a practitioner, in their order."""
        keys = [k for each in fhir.objects(practitioner, "identifier") if (k := _key(each))]
        keys.append(f"/{practitioner.get('id')}")
        marks = ", ".join("?" * len(keys))
        found = self._base.execute(
            f"SELECT number, used, said FROM role WHERE key IN ({marks}) ORDER BY number",  # noqa: S608
            keys,
        ).fetchall()
        fresh = [(number,) for number, used, _ in found if not used]
        self._base.executemany("UPDATE role SET used = 1 WHERE number = ?", fresh)
        self.used += len(fresh)
        return [json.loads(said) for *_, said in found]

    def unused(self, most: int) -> list[str]:
        """The places of the first roles that nobody asked for."""
        rows = self._base.execute(
            "SELECT line FROM role WHERE NOT used ORDER BY number LIMIT ?", (most,)
        )
        return [f"line {line}" for (line,) in rows]


_KEPT: Final = ("organization", "specialty", "location", "availableTime", "availability")


def _key(identifier: fhir.Resource) -> str | None:
    system, value = identifier.get("system"), identifier.get("value")
    return f"{system}|{value}" if isinstance(value, str) and value else None
