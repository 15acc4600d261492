"""Rows of a file beside what is stored already: which record each is about, and what it would say.

A file may speak of a part of a record only (a column is missing, a format is lossy): of a stored
record the rest stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.intake.issues import Issue
from records.importers.fields import DOCUMENTED, INTEGRATION_ID, LOGICAL_ID
from records.importers.merging import merged
from records.importers.rows import FileRow, Format, Source
from records.models import ResourceRecord
from records.operations.answers import Key, raw_key
from records.operations.filing import Wishes
from records.operations.store import find_known

WHOLE = frozenset({Format.JSON, Format.NDJSON})
"""Formats whose rows say all of a record, as a request does."""


@dataclass(slots=True)
class Prepared:
    """One row with what the import adds: its integration, and what is wrong about it so far."""

    row: FileRow
    raw: Any
    faults: tuple[Issue, ...]
    found: Key | None
    is_elsewhere: bool = False

    @property
    def key(self) -> str:
        """By what two rows of the file are the same record; empty when the row has no key."""
        return ":".join(self.found) if self.found else ""


def prepare(rows: Sequence[FileRow], wishes: Wishes) -> list[Prepared]:
    """The rows, each in the integration that it names or else in the one that was asked for."""
    return [_prepared(row, wishes.integration_id) for row in rows]


def _prepared(row: FileRow, integration_id: str | None) -> Prepared:
    raw, is_elsewhere = row.raw, False
    if isinstance(raw, dict) and integration_id is not None:
        named = raw.get(INTEGRATION_ID)
        if named is None:
            raw = {**raw, INTEGRATION_ID: integration_id}
        is_elsewhere = named is not None and named != integration_id
    found = raw_key(raw) if row.is_row else None
    return Prepared(row, raw, row.errors, found, is_elsewhere)


def add_what_stays(prepared: Sequence[Prepared], source: Source, wishes: Wishes) -> None:
    """Let each row say the whole record that it would leave behind."""
    if source.format in WHOLE:
        return
    keys = {each.found for each in prepared if each.found is not None}
    known = find_known(wishes.team.pk, keys)
    for each in prepared:
        record = known.get(each.found) if each.found is not None else None
        if record is not None:
            each.raw = {**each.raw, "config": _whole(record, each.raw, source)}


def _whole(record: ResourceRecord, raw: Mapping[str, Any], source: Source) -> Any:
    said = raw.get("config")
    return merged(record.config, said, source) if isinstance(said, dict) else said


def as_change(record: ResourceRecord, raw: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """What a row says, as a merge patch of the stored record that it names (RFC 7396)."""
    said = raw.get("config")
    if not isinstance(said, dict):
        return {"config": said}
    whole = said if source.format in WHOLE else merged(record.config, said, source)
    gone = dict.fromkeys(DOCUMENTED - whole.keys())
    change: dict[str, Any] = {"config": {**gone, **whole}}
    for name in (LOGICAL_ID, INTEGRATION_ID):
        if isinstance(raw.get(name), str):
            change[name] = raw[name]
    return change
