"""Accept rows of records: the good ones are stored, the bad ones are kept with their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from portal import objectid
from portal.collector import uncollected
from portal.intake.issues import Issue
from portal.intake.places import count_rows
from portal.intake.races import winning_races
from portal.models import Clinic, Submission, Team
from records.choices import OnConflict
from records.operations.answers import Created, Entry, Intake, raw_key
from records.operations.facts import gather
from records.operations.refused import KIND, file_failed, mark_rolled_back
from records.operations.store import (
    CONSTRAINT,
    find_known,
    foresee,
    is_good,
    sort_out,
    store_records,
)
from records.rules import Checked, check_records


class Step(Protocol):
    """What a file adds to the transaction of some of its rows; may be asked more than once."""

    def hold(self) -> None:
        """Comes first: raises when these rows are no longer ours to store."""

    def __call__(self, submission: Submission, created: Created) -> None:
        """Comes last: says how far the file is."""


@uncollected()
def create_records(
    *,
    team: Team,
    actor: str,
    rows: Sequence[Any],
    clinic: Clinic | None = None,
    profile: str = "lenient",
    all_or_nothing: bool = False,
    dry_run: bool = False,
    on_conflict: str = OnConflict.ERROR.value,
    source: str = Submission.Source.API.value,
    lines: Sequence[int] | None = None,
    request_id: str = "",
    suspicious: bool = True,
    faults: Mapping[int, Sequence[Issue]] | None = None,
    submission: Submission | None = None,
    step: Step | None = None,
) -> Created:
    """Check the rows and store a record for each good one, in one transaction.

    The answer has an entry for each row, in their order. `actor` is a person's or key's 24-hex
    id. `lines` are the rows' places where they came from (default: 0, 1, 2 ...), each once.
    `on_conflict` says what becomes of a row whose (integration, logical id) is stored already:
    it fails, is skipped, or updates the record. Bad rows are stored with their errors, except
    when a REST request made nothing: then the caller has them. `all_or_nothing` stores nothing
    when one row fails, and the good ones fail with `batch.rolled_back`; `dry_run` never does.
    `suspicious` says that the rows may hold text which a database cannot store.

    For files: `faults` are errors that a row (by its index) came with; `submission` is the one
    that an earlier chunk made, whose counts are added to; `step` is what the file adds to the
    transaction, and what it raises takes back everything.
    """
    intake = Intake(
        team=team,
        clinic=clinic,
        actor=actor,
        source=source,
        request_id=request_id,
        profile=profile,
        on_conflict=OnConflict(on_conflict),
        now=timezone.now(),
        lines=lines,
        submission=submission,
        all_or_nothing=all_or_nothing,
    )
    checked = check(intake, rows, suspicious=suspicious, faults=faults)
    if dry_run:
        entries = sort_out(intake, checked)
        foresee(intake, entries)
        if all_or_nothing and not all(map(is_good, entries)):
            mark_rolled_back(entries)
        return Created(entries)
    return winning_races(lambda: _store(intake, checked, step), unique=CONSTRAINT)


def check(
    intake: Intake,
    rows: Sequence[Any],
    *,
    suspicious: bool = True,
    faults: Mapping[int, Sequence[Issue]] | None = None,
    own_ids: Mapping[int, str] | None = None,
) -> list[Checked]:
    """Every row judged by the rules, with what the database knows about it."""
    if own_ids is None and intake.on_conflict is OnConflict.UPDATE:
        own_ids = _met(intake, rows)
    checked = check_records(
        rows,
        profile=intake.profile,
        facts=gather(intake.team.pk, rows, own_ids),
        suspicious=suspicious,
    )
    for index, errors in (faults or {}).items():
        checked[index].errors = _with_faults(errors, checked[index].errors)
    return checked


def _with_faults(faults: Sequence[Issue], errors: Sequence[Issue]) -> list[Issue]:
    """What was wrong when the row was read, then what else is wrong with it.

    A place that could not be read has no right value: to tell that, too, would only confuse.
    """
    told = {fault.pointer for fault in faults}
    return [*faults, *(error for error in errors if error.pointer not in told)]


def _met(intake: Intake, rows: Sequence[Any]) -> dict[int, str]:
    """Which rows would change a stored record, as far as their keys can be read."""
    places = {key: index for index, raw in reversed(list(enumerate(rows))) if (key := raw_key(raw))}
    known = find_known(intake.team.pk, places)
    return {places[key]: record.pk for key, record in known.items()}


def _store(intake: Intake, checked: Sequence[Checked], step: Step | None) -> Created:
    """All or part of the rows, the failed ones, the counts; once more when a race is lost."""
    if step is not None:
        step.hold()
    entries = sort_out(intake, checked)
    created = Created(entries)
    submission = intake.submission or Submission(
        id=objectid.new_uuid(), kind=KIND, options=intake.options, **_head(intake)
    )
    if intake.all_or_nothing and not all(map(is_good, entries)):
        mark_rolled_back(entries)
    elif intake.all_or_nothing:
        _store_all(intake, entries, submission)
    else:
        store_records(intake, entries, submission.pk)
    if entries:
        _count(intake, created, submission)
        created.submission_id = str(submission.pk)
        file_failed(intake, entries, submission)
    if step is not None:
        step(submission, created)
    return created


def _head(intake: Intake) -> dict[str, Any]:
    return {
        "team": intake.team,
        "clinic": intake.clinic,
        "source": intake.source,
        "created_by": intake.actor,
        "request_id": intake.request_id,
    }


def _store_all(intake: Intake, entries: list[Entry], submission: Submission) -> None:
    """Store all rows or none: one may turn out to be stored already."""
    with transaction.atomic():
        store_records(intake, entries, submission.pk)
        if not all(map(is_good, entries)):
            transaction.set_rollback(True)
            mark_rolled_back(entries)


def _count(intake: Intake, created: Created, submission: Submission) -> None:
    rejected = created.total_errors
    accepted = len(created.entries) - rejected
    if intake.submission is not None:
        count_rows(submission, accepted=accepted, rejected=rejected)
        return
    submission.total_rows = accepted + rejected
    submission.accepted_rows, submission.rejected_rows = accepted, rejected
    submission.save(force_insert=True)
