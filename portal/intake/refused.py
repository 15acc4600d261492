"""The rows of a file that did not get in, as a file of the same columns, to be edited and given
back.

Where the rows are kept as rejected ones it names them by id and version, and giving it back
corrects them; after a dry run it is simply the rest of the file, with remarks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, Self
from uuid import UUID

from portal.exports import as_bytes
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.intake.text import storable
from portal.models import RejectedRow

_IN_MEMORY: Final = 4 << 20
ROW_ID: Final = "row_id"
VERSION: Final = "version"
IssueCells = Callable[[int, Sequence[Mapping[str, Any]]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is written beside a refused row: the columns, their cells for a line's issues, and
    which of the portal's own columns a column of the file is (None: it is the file's own).
    """

    columns: Sequence[str]
    cells: IssueCells
    special: Callable[[str], str | None]


class RefusedRows:
    """Rows put aside one by one, in a temporary file once they are many. A context manager."""

    def __init__(self, remarks: Remarks) -> None:
        # Closed at the end of the block.
        self._spool = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115
        self._columns: dict[str, None] = {}
        self._remarks = remarks
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def add(self, line: Line, issues: Sequence[Issue]) -> None:
        """Put one row aside, with why it was refused."""
        self.count += 1
        self._columns.update(dict.fromkeys(line.cells))
        details = [storable(issue.as_detail(row=line.number)) for issue in issues]
        self._spool.write(json.dumps([line.number, line.cells, details]) + "\n")

    def write(self, to: IO[bytes], ending: str, *, submission_id: str | None = None) -> None:
        """Write them all as CSV or Excel (`ending`: "csv" or "xlsx").

        `submission_id` is that of the file: its rejected rows are then named by id.
        """
        special = self._remarks.special
        names = [name for name in self._columns if special(name) is None]
        own = [name for name in self._columns if special(name) in (ROW_ID, VERSION)]
        ids = ids_by_line(submission_id) if submission_id else {}
        named = own or ([ROW_ID, VERSION] if ids else [])
        columns = [*named, *names, *self._remarks.columns]
        for piece in as_bytes(ending, columns, self._rows(names, own, ids)):
            to.write(piece)

    def kept(self) -> Iterator[tuple[int, dict[str, str], list[dict[str, Any]]]]:
        """Each row put aside: its line, its cells, and its issues' details."""
        self._spool.seek(0)
        for text in self._spool:
            line, cells, details = json.loads(text)
            yield line, cells, details

    def _rows(
        self, names: Sequence[str], own: Sequence[str], ids: Mapping[int, tuple[UUID, int]]
    ) -> Iterator[list[Any]]:
        for line, cells, details in self.kept():
            first: list[Any] = [cells.get(name) for name in own]
            if ids and not own:
                first = list(ids.get(line, (None, None)))
            yield [*first, *map(cells.get, names), *self._remarks.cells(line, details)]


def ids_by_line(submission_id: str) -> dict[int, tuple[UUID, int]]:
    """The open rejected rows of a submission: (id, version) by line."""
    rows = RejectedRow.objects.open().filter(submission=UUID(submission_id))
    return {line: (pk, version) for line, pk, version in rows.values_list("line", "pk", "version")}
