"""The rows of a file that did not get in, to be edited and given back (`portal.intake.refused`).

As a table they have the file's own columns; as JSON they are rows of the bulk endpoint, with the
remarks beside `config`. Either way each names its rejected row, if it is kept as one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Final

from portal.intake import refused
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.intake.refused import ROW_ID, VERSION, ids_by_line
from portal.intake.text import storable
from records.importers.fields import ISSUE_COLUMNS, special
from records.importers.rows import FileRow
from records.importers.table_out import cells_of

ENDINGS: Final = ("csv", "xlsx", "ndjson", "jsonl", "json")
_IN_MEMORY: Final = 4 << 20


def issue_cells(line: int, issues: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    """The cells of ISSUE_COLUMNS for a row's issues (as `Issue.as_detail` tells them)."""

    def joined(name: str, between: str) -> str:
        return between.join(dict.fromkeys(str(each.get(name) or "") for each in issues))

    suggestions = (each.get("suggestion") for each in issues)
    suggestion = next((each for each in suggestions if each is not None), None)
    said = (joined("pointer", ", "), joined("code", ", "), joined("message", " "))
    return (line, *said, suggestion)


_REMARKS: Final = refused.Remarks(ISSUE_COLUMNS, issue_cells, special)


class RefusedRecords(refused.RefusedRows):
    """Rows put aside one by one, in temporary files once they are many. A context manager."""

    def __init__(self) -> None:
        super().__init__(_REMARKS)
        # Closed at the end of the block.
        self._raws = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115

    def __exit__(self, *_: object) -> None:
        self._raws.close()
        super().__exit__()

    def take(self, row: FileRow, issues: Sequence[Issue]) -> None:
        """Put one row aside, with why it was refused."""
        self.add(Line(row.line, dict(row.cells) or _cells(row)), issues)
        kept = [row.row_id, row.version, storable(row.raw)]
        self._raws.write(json.dumps(kept) + "\n")

    def write_as(self, to: IO[bytes], ending: str, *, submission_id: str | None = None) -> None:
        """Write them all in the form of this ending, one of ENDINGS."""
        if ending in ("csv", "xlsx"):
            self.write(to, ending, submission_id=submission_id)
            return
        ids = ids_by_line(submission_id) if submission_id else {}
        rows = self._as_json(ids)
        if ending == "json":
            texts = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            to.write(f"[\n{texts}\n]\n".encode())
            return
        for row in rows:
            to.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def _as_json(self, ids: Mapping[int, tuple[Any, int]]) -> Iterator[dict[str, Any]]:
        self._raws.seek(0)
        for (line, _, details), text in zip(self.kept(), self._raws, strict=True):
            row_id, version, raw = json.loads(text)
            if row_id is None and line in ids:
                row_id, version = str(ids[line][0]), ids[line][1]
            named = {ROW_ID: row_id, VERSION: version} if row_id is not None else {}
            remarks = dict(zip(ISSUE_COLUMNS, issue_cells(line, details), strict=True))
            yield {**named, **remarks, **(raw if isinstance(raw, dict) else {"row": raw})}


def _cells(row: FileRow) -> dict[str, str]:
    """The cells of a row that had none."""
    raw = row.raw if isinstance(row.raw, dict) else {}
    found = {ROW_ID: row.row_id, VERSION: row.version} if row.row_id is not None else {}
    named = {name: cell or "" for name, cell in found.items()}
    return named | {name: cell for name, cell in cells_of(raw).items() if cell}
