"""What every format gives back: rows as the bulk endpoint takes them, with their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.intake.issues import Issue
from portal.intake.readers.closing import Closing
from records.importers.fields import DOCUMENTED

Config = Mapping[str, Any]
_Nothing = Callable[[], None]


class Format(StrEnum):
    """How a file says its rows."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    JSON = "json"
    FHIR = "fhir-ndjson"
    NPPES = "nppes"


@dataclass(slots=True)
class FileRow:
    """One row on its way in: `raw` is a row of the bulk endpoint, `errors` what it already shows.

    `line` is the file's line, or the place in a JSON list. `cells` are the columns as the file has
    them; empty where it has none. A row that cannot be read as one (`is_row` false) is kept with
    its errors and not checked any further. `row_id` and `version` name the rejected row that this
    one corrects (None: it corrects none), `record_id` the stored record that it was written from.
    """

    line: int
    raw: Any
    cells: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Issue, ...] = ()
    is_row: bool = True
    row_id: str | None = None
    version: str = ""
    record_id: str = ""


def _as_it_is(config: Config) -> Config:
    return config


@dataclass(slots=True)
class Source(Closing):
    """A file's rows, read one by one as they are asked for, once. A context manager.

    `carried` are the documented fields that the file speaks of: of a stored record the others
    stay as they are. `shown` is what this format would say of a stored config: a field that the
    file says in the same way is no change, though the config knows more (a lossy format).
    `notices` may grow until the last row has been read.
    """

    format: Format
    rows: Iterator[FileRow]
    read_as: str
    columns: tuple[str, ...] = ()
    carried: frozenset[str] = DOCUMENTED
    shown: Callable[[Config], Config] = _as_it_is
    notices: list[str] = field(default_factory=list)
    close: _Nothing = lambda: None
