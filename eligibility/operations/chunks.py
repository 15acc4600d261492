"""One chunk of a file's rows, checked and stored, with the step that says how far the file is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from eligibility import registry
from eligibility.choices import Status
from eligibility.engine.rows import add_events
from eligibility.files.report import FileReport
from eligibility.files.rows import FileRow
from eligibility.models import Batch, EligibilityTask
from eligibility.operations.answers import Intake
from eligibility.operations.intake import (
    REPLAY_WINDOW,
    Fresh,
    assign_ids,
    close_replaced,
    keep_rejected,
    known_tasks,
    store_batch,
    store_submission,
    store_tasks,
)
from eligibility.rules import Checked, check_rows
from portal.intake.issues import Issue
from portal.intake.text import storable
from portal.models import Clinic, FileImport, RejectedRow, Submission

_ISSUE = ("pointer", "code", "message", "value", "suggestion")


class Overtaken(Exception):
    """Somebody else brings in the same file at this moment, and is further on."""


@dataclass(slots=True)
class Place:
    """How far a file has come in: its submission and the first line that is not in yet.

    `seen` is an import of the same file that is known and was decided to be left behind.
    """

    submission: Submission | None = None
    next_line: int = 0
    seen: FileImport | None = None


def find_earlier(fingerprint: str) -> FileImport | None:
    """The same file's import of the last 24 hours: one that has broken off, or else a whole one.

    A broken-off one that is older is given up: its rows have long been answered.
    """
    since = timezone.now() - REPLAY_WINDOW
    same = FileImport.objects.filter(fingerprint=fingerprint)
    same.filter(finished_at=None, updated_at__lt=since).update(finished_at=F("updated_at"))
    recent = same.filter(updated_at__gte=since).select_related("submission")
    return recent.order_by(F("finished_at").desc(nulls_first=True)).first()


def open_errors(submission: Submission) -> dict[int, list[Issue]]:
    """The errors of the file's rows that are still open, by line."""
    rows = RejectedRow.objects.open().filter(submission=submission)
    return {
        line: [Issue(*(error[name] for name in _ISSUE)) for error in errors]
        for line, errors in rows.values_list("line", "errors")
    }


def check_chunk(
    rows: Sequence[FileRow], *, clinic: Clinic, profile: str, rules: registry.LoadedRegistry
) -> list[Checked]:
    """Every row checked, in order; a line that is no row keeps the errors it came with."""
    judged = iter(
        check_rows(
            [row.raw for row in rows if row.is_row],
            registry=rules.rules,
            profile=profile,
            timezone=clinic.zone,
            region=clinic.region,
            now=timezone.now(),
        )
    )
    found = []
    for row in rows:
        checked = next(judged) if row.is_row else Checked(None, storable(row.raw))
        if row.errors:
            checked.errors = [*row.errors, *checked.errors]
        found.append(checked)
    return found


def tally(
    report: FileReport, intake: Intake, fresh: Sequence[Fresh], checked: Sequence[Checked]
) -> None:
    """Count what became of one chunk's rows."""
    report.rows += len(checked)
    report.created += len(fresh)
    report.replayed += len(intake.accepted) - len(fresh)
    report.rejected += len(intake.rejected)
    for row in checked:
        if row.errors:
            report.count_errors(row.errors)
        elif row.warnings:
            report.count_doubts(row.warnings)


class ChunkStore:
    """Stores one chunk; `place` and `report` are its caller's and change only by `settle`.

    `store` runs inside a transaction, perhaps more than once when it loses races.
    """

    def __init__(
        self,
        intake: Intake,
        checked: list[Checked],
        *,
        place: Place,
        report: FileReport,
        file: FileImport,
        rules: registry.LoadedRegistry,
        begun: Callable[[Submission, FileReport], None],
    ) -> None:
        """`begun` hears of the file's first chunk, in the transaction that stores it."""
        self._intake = intake
        self._checked = checked
        self._place = place
        self._report = report
        self._file = file
        self._rules = rules
        self._begun = begun
        self._next_line = intake.line_of(len(checked) - 1) + 1

    def store(self) -> tuple[Submission, FileReport]:
        """Store the rows and the step. Raises Overtaken when the step was made by another."""
        intake = self._intake
        submission = self._place.submission or store_submission(intake, 0, 0)
        fresh, _ = assign_ids(intake, known_tasks(intake, expire=True))
        counted = FileReport()
        counted.take_counts(self._report.as_counts())
        tally(counted, intake, fresh, self._checked)
        self._step(submission, counted)
        if self._place.submission is None:
            self._begun(submission, counted)
        close_replaced(intake, intake.rejected, apart_from=submission)
        if fresh:
            self._store_tasks(fresh, submission)
        if intake.rejected:
            keep_rejected(intake, submission, intake.rejected)
        return submission, counted

    def settle(self, stored: tuple[Submission, FileReport]) -> None:
        """Take over what `store` gave back, once it is committed."""
        self._place.submission, counted = stored
        self._place.next_line = self._next_line
        self._report.take_counts(counted.as_counts())

    def _step(self, submission: Submission, counted: FileReport) -> None:
        """Move the file's place on, if it is where we think, and the submission's counts with it.

        The step comes first: whoever brings in the same file waits for it.
        """
        if self._place.submission is None:
            self._refuse_second()
            self._file.pk = submission.pk
            self._file.next_line, self._file.counts = self._next_line, counted.as_counts()
            self._file.save(force_insert=True)
        else:
            mine = FileImport.objects.filter(
                pk=submission.pk, next_line=self._place.next_line, finished_at=None
            )
            if not mine.update(
                next_line=self._next_line, counts=counted.as_counts(), updated_at=timezone.now()
            ):
                raise Overtaken
        accepted, rejected = len(self._intake.accepted), len(self._intake.rejected)
        Submission.objects.filter(pk=submission.pk).update(
            total_rows=F("total_rows") + accepted + rejected,
            accepted_rows=F("accepted_rows") + accepted,
            rejected_rows=F("rejected_rows") + rejected,
        )

    def _refuse_second(self) -> None:
        """See to it that nobody has begun the same file since we looked.

        The lock lets first chunks of a clinic's files pass one by one, and nothing else wait.
        """
        Clinic.objects.select_for_update(no_key=True).get(pk=self._intake.clinic.pk)
        if find_earlier(self._file.fingerprint) != self._place.seen:
            raise Overtaken

    def _store_tasks(self, fresh: list[Fresh], submission: Submission) -> None:
        """Add the tasks to the file's batch; paused or cancelled meanwhile, it stays so."""
        held = Batch.objects.select_for_update().filter(submission=submission).first()
        batch = held or store_batch(self._intake, submission)
        store_tasks(self._intake, fresh, self._rules, submission, batch)
        if batch.cancelled_at is not None:
            self._cancel([pk for *_, pk in fresh])
        elif batch.paused_at is not None:
            tasks = EligibilityTask.objects.with_ids([pk for *_, pk in fresh])
            tasks.update(run_at=None)

    def _cancel(self, ids: list[UUID]) -> None:
        EligibilityTask.objects.with_ids(ids).cancel()
        actor = self._intake.actor
        add_events([(pk, Status.PENDING, Status.CANCELLED, actor, "batch cancelled") for pk in ids])
