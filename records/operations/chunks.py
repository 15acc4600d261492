"""One chunk of a file's rows, stored with the step that says how far the file is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.intake.issues import Issue
from portal.intake.places import Place, count_rows, hold, raise_if_begun, step
from portal.models import FileImport, RejectedRow, Submission, Team
from records.choices import OnConflict
from records.importers.report import RecordReport
from records.importers.rows import Source
from records.operations.answers import Created, Disposition
from records.operations.by_id import settle_by_id
from records.operations.create import create_records
from records.operations.filing import Wishes, note_import
from records.operations.known import Prepared, add_what_stays

_WORD = {
    Disposition.CREATED: "created",
    Disposition.UPDATED: "updated",
    Disposition.UNCHANGED: "unchanged",
    Disposition.SKIPPED: "skipped",
    Disposition.FAILED: "rejected",
}


@dataclass(slots=True)
class Chunk:
    """Some rows of a file on their way in. `file` is what its first chunk is noted as."""

    rows: Sequence[Prepared]
    source: Source
    wishes: Wishes
    place: Place
    file: FileImport


def store_chunk(chunk: Chunk, report: RecordReport) -> dict[int, list[Issue]]:
    """Store the rows and the step, or in a dry run say what would be; count into `report`.

    Returns the errors of those that failed, by their place in the chunk. Raises Overtaken, with
    nothing stored, when the same file is being brought in by somebody else.
    """
    wishes = chunk.wishes
    settled = settle_by_id(chunk.rows, chunk.source, wishes)
    rest = [index for index in range(len(chunk.rows)) if index not in settled]
    others = [chunk.rows[index] for index in rest]
    if wishes.on_conflict == OnConflict.UPDATE:
        add_what_stays(others, chunk.source, wishes)
    stored = _Step(chunk, report, list(settled.values()))
    created = create_records(
        team=wishes.team,
        actor=wishes.actor,
        rows=[each.raw for each in others],
        profile=wishes.profile,
        dry_run=wishes.dry_run,
        on_conflict=wishes.on_conflict,
        source=Submission.Source.FILE.value,
        lines=[each.row.line for each in others],
        request_id=wishes.request_id,
        faults={index: each.faults for index, each in enumerate(others) if each.faults},
        submission=chunk.place.submission,
        step=None if wishes.dry_run else stored,
    )
    stored.settle(created)
    report.elsewhere += sum(each.is_elsewhere for each in chunk.rows)
    return {
        rest[entry.index]: entry.errors
        for entry in created.entries
        if entry.disposition is Disposition.FAILED
    }


class _Step:
    """What is written with a chunk's rows. May be called more than once, when races are lost."""

    def __init__(self, chunk: Chunk, report: RecordReport, settled: Sequence[Disposition]) -> None:
        self._chunk = chunk
        self._report = report
        self._settled = settled
        self._next_line = chunk.rows[-1].row.line + 1
        self._submission: Submission | None = None

    def hold(self) -> None:
        """Keep the file's place, so that nobody else stores these rows meanwhile."""
        hold(self._chunk.place)

    def __call__(self, submission: Submission, created: Created) -> None:
        """Move the file's place on, inside the transaction of its rows."""
        chunk, place = self._chunk, self._chunk.place
        self._count_settled(submission, created)
        counted = self._counted(created)
        step(
            place,
            chunk.file,
            submission=submission,
            next_line=self._next_line,
            counts=counted.as_counts(),
            refuse_second=self._refuse_second,
        )
        if place.submission is None:
            note_import(chunk.wishes, counted, submission)
            if place.seen is not None:
                came_before = RejectedRow.objects.filter(submission=place.seen.submission_id)
                came_before.replaced_by_file()
        self._submission = submission

    def settle(self, created: Created) -> None:
        """Take over what was counted, once it is committed (or was a dry run)."""
        self._report.take_counts(self._counted(created).as_counts())
        if self._submission is not None:
            self._chunk.place.submission = self._submission
            self._chunk.place.next_line = self._next_line

    def _count_settled(self, submission: Submission, created: Created) -> None:
        """Rows that were found by their record's id count in the submission, too."""
        accepted = len(self._settled)
        if (
            submission._state.adding
            and not created.entries
            and self._chunk.place.submission is None
        ):
            submission.total_rows = submission.accepted_rows = accepted
            submission.rejected_rows = 0
            submission.save(force_insert=True)
        elif accepted:
            count_rows(submission, accepted=accepted, rejected=0)

    def _counted(self, created: Created) -> RecordReport:
        report = RecordReport()
        report.take_counts(self._report.as_counts())
        report.rows += len(created.entries) + len(self._settled)
        for disposition in [*self._settled, *(entry.disposition for entry in created.entries)]:
            word = _WORD[disposition]
            setattr(report, word, getattr(report, word) + 1)
        for entry in created.entries:
            if entry.disposition is Disposition.FAILED:
                report.count_errors(entry.errors)
            elif entry.warnings:
                report.count_doubts(entry.warnings)
        return report

    def _refuse_second(self) -> None:
        """See to it that nobody has begun the same file since we looked.

        The lock lets first chunks of a team's files pass one by one, and nothing else wait.
        """
        Team.objects.select_for_update(no_key=True).get(pk=self._chunk.wishes.team.pk)
        raise_if_begun(self._chunk.place, self._chunk.file)
