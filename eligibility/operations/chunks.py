"""One chunk of a file's rows, checked and stored, with the step that says how far the file is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.utils import timezone

from eligibility import registry
from eligibility.choices import Status
from eligibility.engine.rows import add_events
from eligibility.files.report import FileReport
from eligibility.files.rows import FileRow
from eligibility.models import Batch, EligibilityTask
from eligibility.operations.answers import Fresh, Intake
from eligibility.operations.intake import (
    assign_ids,
    close_replaced,
    keep_rejected,
    known_tasks,
    store_batch,
    store_submission,
    store_tasks,
)
from eligibility.rules import Checked, check_rows
from portal.intake.places import Place, count_rows, raise_if_begun, step
from portal.intake.text import storable
from portal.models import Clinic, FileImport, Submission


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
        """Move the file's place on, if it is where we think, and its submission's counts."""
        step(
            self._place,
            self._file,
            submission=submission,
            next_line=self._next_line,
            counts=counted.as_counts(),
            refuse_second=self._refuse_second,
        )
        accepted, rejected = len(self._intake.accepted), len(self._intake.rejected)
        count_rows(submission, accepted=accepted, rejected=rejected)

    def _refuse_second(self) -> None:
        """See to it that nobody has begun the same file since we looked.

        The lock lets first chunks of a clinic's files pass one by one, and nothing else wait.
        """
        Clinic.objects.select_for_update(no_key=True).get(pk=self._intake.clinic.pk)
        raise_if_begun(self._place, self._file)

    def _store_tasks(self, fresh: list[Fresh], submission: Submission) -> None:
        """Add the tasks to the file's batch; paused or cancelled meanwhile, it stays so."""
        held = Batch.objects.select_for_update().filter(submission=submission).first()
        batch = held or store_batch(self._intake, submission)
        known = store_tasks(self._intake, fresh, self._rules, submission, batch)
        if batch.cancelled_at is not None:
            self._cancel([pk for index, *_, pk in fresh if index not in known])
        elif batch.paused_at is not None:
            tasks = EligibilityTask.objects.with_ids([pk for *_, pk in fresh])
            tasks.update(run_at=None)

    def _cancel(self, ids: list[UUID]) -> None:
        EligibilityTask.objects.with_ids(ids).cancel()
        actor = self._intake.actor
        add_events([(pk, Status.PENDING, Status.CANCELLED, actor, "batch cancelled") for pk in ids])
