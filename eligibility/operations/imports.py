"""Bring in a file of checks: as many rows as it has, in one submission and one batch.

The rows go the same way as those of a request, chunk by chunk, each chunk in a transaction of its
own. When an import breaks off, the same file given again goes on behind its last chunk; when it
came in within the last 24 hours, nothing is done. A file with a column `row_id` corrects the rows
that it names (`corrections`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, BinaryIO
from uuid import UUID

from django.utils import timezone

from eligibility import registry
from eligibility.files.columns import Columns
from eligibility.files.report import FileReport
from eligibility.files.rows import FileRow, read_row
from eligibility.models import Batch
from eligibility.operations.answers import Intake
from eligibility.operations.chunks import ChunkStore, check_chunk, tally
from eligibility.operations.corrections import correct_rows
from eligibility.operations.filing import Watch, Wishes, note_import
from eligibility.operations.intake import (
    KIND,
    REFERENCE_KEY,
    assign_ids,
    known_tasks,
    sort_out,
)
from eligibility.rules import Checked
from portal.collector import uncollected
from portal.intake.issues import Issue
from portal.intake.places import (
    Overtaken,
    Place,
    digest_of,
    find_earlier,
    finish,
    open_errors,
)
from portal.intake.races import winning_races
from portal.intake.readers import Line, Table, Unreadable, read_table
from portal.intake.repeats import FirstLines
from portal.intake.text import excerpt
from portal.models import FileImport, Submission

CHUNK = 5_000
"""Rows stored in one transaction."""
_NAME_LENGTH = 255
_NOT_STORED = UUID(int=0)
_READ_AS_LENGTH = 100
_DESCRIPTION_LENGTH = 500


def import_file(
    file: BinaryIO,
    wishes: Wishes,
    *,
    name: str = "",
    sheet: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    watch: Watch | None = None,
) -> FileReport:
    """Bring in the rows of a file, or correct those that it names, and say what became of them.

    `sheet` and `encoding` are the reader's (`read_table`), `mapping` gives columns their fields
    (`Columns.read`). Accepted and rejected rows add up to the file's; rejected ones are kept to
    be fixed. Raises Unreadable when the file as a whole is of no use; nothing is stored then.
    """
    digest = digest_of(file)
    with read_table(file, name, sheet=sheet, encoding=encoding) as table:
        columns = Columns.read(table.columns, mapping, dates_from=table.dates_from)
        first = next(table.lines, None)
        if first is None:
            raise Unreadable("file.no_rows", "The file has a header and no rows.")
        table.lines = chain([first], table.lines)
        report = FileReport(name=name, read_as=table.read_as, is_dry_run=wishes.dry_run)
        report.notices = [*table.notices, *columns.notices]
        if columns.row_ids is not None:
            correct_rows(table, columns, report, wishes=wishes, watch=watch or Watch())
        else:
            _Import(table, columns, report, wishes, watch or Watch()).run(digest)
    return report


class _Import:
    """One run over one file's rows. `report` is filled in as they come."""

    def __init__(
        self, table: Table, columns: Columns, report: FileReport, wishes: Wishes, watch: Watch
    ) -> None:
        self._table = table
        self._columns = columns
        self._report = report
        self._wishes = wishes
        self._watch = watch
        self._place = Place()
        self._earlier_errors: dict[int, list[Issue]] = {}
        self._references = FirstLines()
        self._rehearsed = FirstLines()

    def run(self, digest: str) -> None:
        """Take every row, behind those that came in before."""
        self._fingerprint = self._name_of(digest)
        earlier = find_earlier(self._fingerprint)
        if earlier is not None:
            self._begin_behind(earlier)
        if self._report.was_done and self._watch.refused is None:
            self._name_what_was_made()
            return
        try:
            for rows in self._chunks():
                self._take(rows)
                self._watch.progress(self._report)
                if not self._watch.keep_going():
                    break
            else:
                self._finish()
        except Overtaken:
            self._report.notices.append(
                "The same file is coming in from elsewhere at this moment; that goes on."
            )
        self._name_what_was_made()

    def _name_of(self, digest: str) -> str:
        """The fingerprint: this content, read in this way, for this clinic."""
        wishes, columns = self._wishes, sorted(self._columns.of.items())
        asked = [KIND, wishes.clinic.pk.hex, wishes.profile, self._table.read_as, columns, digest]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def _begin_behind(self, earlier: FileImport) -> None:
        """Go on where an earlier run of this file stopped, or find that it has done all."""
        is_done = earlier.finished_at is not None
        if self._wishes.dry_run or (is_done and self._wishes.again):
            at = earlier.updated_at.astimezone(self._wishes.clinic.zone)
            words = "came in before, on" if is_done else "has begun to come in, on"
            self._report.notices.append(f"This file {words} {at:%d %b %Y at %H:%M}.")
            self._place.seen = earlier
            return
        self._place.submission, self._place.next_line = earlier.submission, earlier.next_line
        self._report.take_counts(earlier.counts)
        self._report.was_done = self._report.is_done = is_done
        self._report.resumed_after = 0 if is_done else earlier.next_line - 1
        if self._watch.refused is not None:
            self._earlier_errors = open_errors(earlier.submission)

    def _chunks(self) -> Iterator[list[tuple[Line, FileRow]]]:
        """The rows that are not in yet, some thousand at a time."""
        lines = iter(self._table.lines)
        while block := list(islice(lines, CHUNK)):
            rows = [(line, read_row(line, self._columns)) for line in block]
            ahead = [pair for pair in rows if pair[0].number >= self._place.next_line]
            for line, row in rows[: len(rows) - len(ahead)]:
                self._pass(line, row)
            if ahead:
                yield ahead

    def _pass(self, line: Line, row: FileRow) -> None:
        """A row that came in before: its reference counts, and its errors if they are open."""
        self._repeated(row)
        errors = self._earlier_errors.get(line.number)
        if errors and self._watch.refused is not None:
            self._watch.refused(line, errors)

    @uncollected()
    def _take(self, rows: Sequence[tuple[Line, FileRow]]) -> None:
        """One chunk: checked, stored, counted and told."""
        rules = registry.load()
        file_rows = [row for _, row in rows]
        checked = check_chunk(
            file_rows, clinic=self._wishes.clinic, profile=self._wishes.profile, rules=rules
        )
        for row, each in zip(file_rows, checked, strict=True):
            if repeated := self._repeated(row):
                each.warnings.append(repeated)
        intake = self._intake([row.line for row in file_rows])
        sort_out(intake, checked)
        if self._wishes.dry_run:
            self._rehearse(intake, checked)
        else:
            self._store(intake, checked, rules)
        if self._watch.refused is not None:
            for (line, _), each in zip(rows, checked, strict=True):
                if each.errors:
                    self._watch.refused(line, each.errors)

    def _repeated(self, row: FileRow) -> Issue | None:
        """A doubt about a reference that an earlier row of the file has."""
        reference = row.raw.get("client_reference")
        if not isinstance(reference, str) or not reference:
            return None
        first = self._references.first(reference, row.line)
        if first == row.line:
            return None
        message = f"Line {first} of the file has the same reference."
        pointer = "/client_reference"
        return Issue(pointer, "client_reference.repeated", message, excerpt(reference))

    def _intake(self, lines: Sequence[int]) -> Intake:
        wishes, now = self._wishes, timezone.now()
        scheduled_for = max(wishes.scheduled_for or now, now) if wishes.scheduled else None
        options: dict[str, Any] = {"profile": wishes.profile}
        if scheduled_for is not None:
            options["scheduled_for"] = scheduled_for.isoformat()
            options["description"] = wishes.description
        return Intake(
            team=wishes.clinic.team,
            clinic=wishes.clinic,
            actor=wishes.actor,
            source=Submission.Source.FILE.value,
            request_id=wishes.request_id,
            description=(wishes.description or self._report.name)[:_DESCRIPTION_LENGTH],
            scheduled_for=scheduled_for,
            options=options,
            now=now,
            lines=lines,
        )

    def _rehearse(self, intake: Intake, checked: list[Checked]) -> None:
        """Count what a real run would do; what earlier chunks would have made is known by now."""
        known, begin = known_tasks(intake), intake.line_of(0)
        for index, _, key in intake.accepted:
            if key is not None and self._rehearsed.first(key, intake.line_of(index)) < begin:
                known.setdefault(key, _NOT_STORED)
        fresh, _ = assign_ids(intake, known)
        tally(self._report, intake, fresh, checked)

    def _store(
        self, intake: Intake, checked: list[Checked], rules: registry.LoadedRegistry
    ) -> None:
        file = FileImport(
            name=self._report.name[:_NAME_LENGTH],
            read_as=self._report.read_as[:_READ_AS_LENGTH],
            fingerprint=self._fingerprint,
        )
        store = ChunkStore(
            intake,
            checked,
            place=self._place,
            report=self._report,
            file=file,
            rules=rules,
            begun=self._note,
        )
        store.settle(winning_races(store.store, unique=REFERENCE_KEY))

    def _note(self, submission: Submission, counted: FileReport) -> None:
        """Say in the audit log who brings in what; `counted` are the first chunk's rows."""
        counted.read_as = self._report.read_as
        note_import(self._wishes, counted, submission)

    def _finish(self) -> None:
        """All rows are in."""
        self._report.is_done = True
        finish(self._place)

    def _name_what_was_made(self) -> None:
        submission = self._place.submission
        if submission is None:
            return
        self._report.submission_id = str(submission.pk)
        batch = Batch.objects.filter(submission=submission).first()
        if batch is not None:
            self._report.batch_id, self._report.expected_by = str(batch.pk), batch.expected_by
