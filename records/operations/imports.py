"""Bring in a file of practitioners: as many rows as it has, in one submission.

The rows go the same way as those of a request, chunk by chunk, each chunk in a transaction of its
own. When an import breaks off, the same file given again goes on behind its last chunk; when it
came in within the last 24 hours and stored records were not to be touched, nothing is done. A row
with a `row_id` corrects the rejected row that it names (`corrections`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO

from portal.intake.issues import Issue
from portal.intake.places import Overtaken, Place, digest_of, find_earlier, finish, open_errors
from portal.intake.readers import Unreadable
from portal.intake.repeats import FirstLines
from portal.models import FileImport
from records.choices import OnConflict
from records.importers.reading import AUTO, open_source
from records.importers.report import RecordReport
from records.importers.rows import FileRow, Source
from records.operations.chunks import Chunk, store_chunk
from records.operations.corrections import Corrections
from records.operations.filing import Watch, Wishes
from records.operations.known import Prepared, prepare
from records.operations.refused import KIND

CHUNK = 1_000
"""Rows stored in one transaction."""
_NAME_LENGTH = 255
_READ_AS_LENGTH = 100


def import_practitioners(
    file: BinaryIO,
    wishes: Wishes,
    *,
    name: str = "",
    kind: str = AUTO,
    sheet: str | None = None,
    encoding: str | None = None,
    roles: BinaryIO | None = None,
    watch: Watch | None = None,
) -> RecordReport:
    """Bring in the rows of a file, or correct those that it names, and say what became of them.

    `kind`, `sheet`, `encoding` and `roles` are the reader's (`open_source`). Accepted and rejected
    rows add up to the file's; rejected ones are kept to be fixed. Raises Unreadable when the file
    as a whole is of no use; nothing is stored then.
    """
    digests = [digest_of(each) for each in (file, roles) if each is not None]
    options = {"kind": kind, "sheet": sheet, "encoding": encoding, "roles": roles}
    with open_source(file, name, **options) as source:  # type: ignore[arg-type]
        first = next(source.rows, None)
        if first is None:
            raise Unreadable("file.no_rows", "The file has no rows.")
        source.rows = chain([first], source.rows)
        report = RecordReport(name=name, read_as=source.read_as, is_dry_run=wishes.dry_run)
        _Import(source, report, wishes, watch or Watch()).run(digests)
    return report


class _Import:
    """One run over one file's rows. `report` is filled in as they come."""

    def __init__(self, source: Source, report: RecordReport, wishes: Wishes, watch: Watch) -> None:
        self._source = source
        self._report = report
        self._wishes = wishes
        self._watch = watch
        self._place = Place()
        self._open: dict[int, list[Issue]] = {}
        self._seen = FirstLines()
        self._corrections = Corrections(source, report, wishes, watch)

    def run(self, digests: Sequence[str]) -> None:
        """Take every row, behind those that came in before."""
        self._fingerprint = self._name_of(digests)
        earlier = find_earlier(self._fingerprint)
        if earlier is not None:
            self._begin_behind(earlier)
        if not self._report.was_done or self._watch.refused is not None:
            self._take_all()
        self._report.notices[:0] = self._source.notices
        if self._report.elsewhere:
            said = f"{self._report.elsewhere:,} rows name another integration than the one asked"
            self._report.notices.append(f"{said} for, and belong to that one.")
        if self._place.submission is not None:
            self._report.submission_id = str(self._place.submission.pk)

    def _take_all(self) -> None:
        try:
            for rows in self._chunks():
                self._take(rows)
                self._watch.progress(self._report)
                if not self._watch.keep_going():
                    return
        except Overtaken:
            said = "The same file is coming in from elsewhere at this moment; that goes on."
            self._report.notices.append(said)
            return
        self._report.is_done = True
        finish(self._place)

    def _name_of(self, digests: Sequence[str]) -> str:
        """The fingerprint: this content, read in this way, for this team."""
        wishes = self._wishes
        asked = [KIND, wishes.team.pk, wishes.integration_id, wishes.profile, wishes.on_conflict]
        return hashlib.sha256(
            json.dumps([*asked, self._source.read_as, *digests]).encode()
        ).hexdigest()

    def _begin_behind(self, earlier: FileImport) -> None:
        """Go on where an earlier run of this file stopped, or find that it has done all.

        A file that updates records says what they shall be, however often: it comes in again.
        """
        is_done = earlier.finished_at is not None
        comes_again = self._wishes.again or self._wishes.on_conflict != OnConflict.ERROR
        if self._wishes.dry_run or (is_done and comes_again):
            words = "came in before" if is_done else "has begun to come in"
            at = f"{earlier.updated_at:%d %b %Y at %H:%M} UTC"
            self._report.notices.append(f"This file {words}, on {at}.")
            self._place.seen = earlier
            return
        self._place.submission, self._place.next_line = earlier.submission, earlier.next_line
        self._report.take_counts(earlier.counts)
        self._report.was_done = self._report.is_done = is_done
        self._report.resumed_after = 0 if is_done else earlier.next_line - 1
        self._open = open_errors(earlier.submission)

    def _chunks(self) -> Iterator[list[FileRow]]:
        """The rows that are not in yet, some hundred at a time."""
        while block := list(islice(self._source.rows, CHUNK)):
            ahead = [row for row in block if row.line >= self._place.next_line]
            for row in block[: len(block) - len(ahead)]:
                self._pass(row)
            if ahead:
                yield ahead

    def _pass(self, row: FileRow) -> None:
        """A row that came in before: its key counts, or its errors if they are open."""
        errors = self._open.get(row.line)
        if errors is None:
            self._note_key(prepare([row], self._wishes)[0])
        elif self._watch.refused is not None:
            self._watch.refused(row, errors)

    def _take(self, rows: Sequence[FileRow]) -> None:
        """One chunk: corrections one by one, the others together."""
        naming = [row for row in rows if row.row_id is not None]
        if naming:
            self._corrections.take(naming)
        others = [row for row in rows if row.row_id is None]
        if others:
            self._bring_in(others)

    def _bring_in(self, rows: Sequence[FileRow]) -> None:
        prepared = prepare(rows, self._wishes)
        for each in prepared:
            first = self._seen.seen(each.key) if each.key else 0
            if first:
                message = f"Line {first} has the same integrationId and logicalId."
                fault = Issue("/logicalId", "duplicate.in_request", message)
                each.faults = (*each.faults, fault)
        chunk = Chunk(prepared, self._source, self._wishes, self._place, self._file())
        failed = store_chunk(chunk, self._report)
        for index, each in enumerate(prepared):
            errors = failed.get(index)
            if errors is None:
                self._note_key(each)
            elif self._watch.refused is not None:
                self._watch.refused(each.row, errors)

    def _note_key(self, each: Prepared) -> None:
        if each.key:
            self._seen.first(each.key, each.row.line)

    def _file(self) -> FileImport:
        return FileImport(
            name=self._report.name[:_NAME_LENGTH],
            read_as=self._report.read_as[:_READ_AS_LENGTH],
            fingerprint=self._fingerprint,
        )
