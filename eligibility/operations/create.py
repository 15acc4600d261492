"""Accept a request's rows: the good ones become tasks, the bad ones are kept with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from eligibility import registry
from eligibility.engine import forecast, slots
from eligibility.models import Batch, Connection, EligibilityTask
from eligibility.operations.answers import Created, Intake, answer
from eligibility.operations.rows import COLUMNS, RowBuilder, reference_key
from eligibility.rules import Checked, check_rows
from portal import objectid
from portal.collector import uncollected
from portal.intake.insert import insert_rows
from portal.intake.issues import Issue
from portal.intake.rejected import reference_of, store_rejected
from portal.models import Clinic, RejectedRow, Submission, Team

KIND = "eligibility.tasks"
REPLAY_WINDOW = timedelta(hours=24)
_RACES_BEFORE_GIVING_UP = 10
_LOST_RACES = frozenset({"40P01", "40001"})
"""SQLSTATE of a deadlock and of a serialization failure: nothing was stored, try again."""
_ROLLED_BACK = Issue(
    "", "batch.rolled_back", "This row has no fault; others had, and all or none were asked for."
)

Fresh = tuple[int, Checked, str | None, UUID]


@uncollected()
def create_tasks(
    *,
    team: Team,
    clinic: Clinic,
    actor: str,
    rows: Sequence[Any],
    profile: str = "lenient",
    all_or_nothing: bool = False,
    dry_run: bool = False,
    scheduled_for: datetime | None = None,
    scheduled: bool = False,
    description: str = "",
    source: str = Submission.Source.API.value,
    request_id: str = "",
    client_id: str = "",
    suspicious: bool = True,
) -> Created:
    """Check the rows and create a task for each good one, in one transaction.

    `scheduled` makes it a scheduled batch that carries a forecast; its rows wait until
    `scheduled_for` (aware; None or past: due at once). A row with the reference and the
    question of one of the last 24 hours is that one again (replayed). Bad rows are stored with
    their errors, except when a REST request created nothing: then the caller has them.
    `all_or_nothing` creates nothing when one row is bad (a file then keeps its good rows with
    the bad ones), `dry_run` never does. `suspicious` says that the body may hold text which a
    database cannot store.
    """
    now = timezone.now()
    loaded = registry.load()
    checked = check_rows(
        rows,
        registry=loaded.rules,
        profile=profile,
        timezone=clinic.zone,
        region=clinic.region,
        now=now,
        suspicious=suspicious,
    )
    intake = Intake(
        team=team,
        clinic=clinic,
        actor=actor,
        source=source,
        request_id=request_id,
        description=description,
        scheduled_for=max(scheduled_for or now, now) if scheduled else None,
        options={"profile": profile} | ({"client_id": client_id} if client_id else {}),
        now=now,
    )
    if intake.scheduled_for is not None:
        schedule = {"scheduled_for": intake.scheduled_for.isoformat(), "description": description}
        intake.options |= schedule
    _sort_out(intake, checked)
    if all_or_nothing and intake.rejected:
        intake.accepted, intake.rejected = [], list(enumerate(checked))
    if dry_run:
        return _rehearse(intake, checked)
    return _store_against_races(intake, checked, loaded)


def _sort_out(intake: Intake, checked: list[Checked]) -> None:
    """Split good rows from bad ones and name each good row's question."""
    scope = f"{intake.team.pk}|{intake.clinic.pk.hex}"
    for index, row in enumerate(checked):
        if row.errors:
            intake.rejected.append((index, row))
        else:
            intake.accepted.append((index, row, reference_key(scope, row)))


def _rehearse(intake: Intake, checked: list[Checked]) -> Created:
    """What a real run would say now, with nothing stored and no ids."""
    fresh, task_ids = _assign_ids(intake, _known_tasks(intake))
    return answer(checked, task_ids, {index for index, *_ in fresh}, with_ids=False)


def _store_against_races(
    intake: Intake, checked: list[Checked], loaded: registry.LoadedRegistry
) -> Created:
    """Store the request; when another one with the same references was faster, look again."""
    for races_left in reversed(range(_RACES_BEFORE_GIVING_UP)):
        try:
            with transaction.atomic():
                return _store(intake, checked, loaded)
        except DatabaseError as error:
            if not races_left or not _lost_a_race(error):
                raise
    raise AssertionError("the last race is either won or raised")


def _lost_a_race(error: DatabaseError) -> bool:
    """Another request stored one of these references first, or each waited for the other."""
    if isinstance(error, IntegrityError):
        return "reference_key" in str(error)
    return getattr(error.__cause__, "sqlstate", None) in _LOST_RACES


def _store(intake: Intake, checked: list[Checked], loaded: registry.LoadedRegistry) -> Created:
    fresh, task_ids = _assign_ids(intake, _known_tasks(intake, expire=True))
    created = answer(checked, task_ids, {index for index, *_ in fresh})
    is_kept = bool(task_ids) or intake.source != Submission.Source.API
    kept = intake.rejected if is_kept else []
    _close_replaced(intake, kept)
    if not fresh and not intake.rejected:
        return _point_to_batch(created, task_ids)
    submission = _store_submission(intake, len(task_ids), len(checked))
    if fresh:
        batch = _store_batch(intake, submission)
        _store_tasks(intake, fresh, loaded, submission, batch)
        created.batch_id, created.expected_by = str(batch.pk), batch.expected_by
    else:
        _point_to_batch(created, task_ids)
    if kept:
        store_rejected(
            submission,
            [
                (index, row.raw, row.errors or [_ROLLED_BACK], row.payer.code if row.payer else "")
                for index, row in kept
            ],
        )
        created.submission_id = str(submission.pk)
    return created


def _close_replaced(intake: Intake, kept: Sequence[tuple[int, Checked]]) -> None:
    """Close the open rejected rows of earlier requests whose references come again."""
    brought = {row.row.client_reference for _, row, _ in intake.accepted if row.row}
    brought |= {reference_of(row.raw) for _, row in kept}
    RejectedRow.objects.supersede(clinic=intake.clinic, kind=KIND, references=brought - {""})


def _known_tasks(intake: Intake, *, expire: bool = False) -> dict[str, UUID]:
    """The tasks of the last 24 hours that already have these references and questions.

    With `expire` an older one gives its key away, so that the row can be created anew.
    """
    keys = [key for _, _, key in intake.accepted if key is not None]
    if not keys:
        return {}
    since = intake.now - REPLAY_WINDOW
    found = EligibilityTask.objects.with_reference_keys(keys)
    if expire and (expired := [pk for _, pk, created_at in found if created_at < since]):
        EligibilityTask.objects.filter(pk__in=expired).update(reference_key=None)
    return {key: pk for key, pk, created_at in found if created_at >= since}


def _assign_ids(intake: Intake, known: dict[str, UUID]) -> tuple[list[Fresh], dict[int, UUID]]:
    """Give every accepted row its task's id: a known one, or a new one in input order."""
    new_ids = iter(objectid.uuid_batch(len(intake.accepted)))
    fresh: list[Fresh] = []
    task_ids: dict[int, UUID] = {}
    for index, row, key in intake.accepted:
        task_id = known.get(key) if key is not None else None
        if task_id is None:
            task_id = next(new_ids)
            fresh.append((index, row, key, task_id))
            if key is not None:
                known[key] = task_id
        task_ids[index] = task_id
    return fresh, task_ids


def _store_submission(intake: Intake, accepted: int, total: int) -> Submission:
    return Submission.objects.create(
        team=intake.team,
        clinic=intake.clinic,
        kind=KIND,
        source=intake.source,
        options=intake.options,
        total_rows=total,
        accepted_rows=accepted,
        rejected_rows=total - accepted,
        created_by=intake.actor,
        request_id=intake.request_id,
    )


def _store_batch(intake: Intake, submission: Submission) -> Batch:
    return Batch.objects.create(
        team=intake.team,
        clinic=intake.clinic,
        submission=submission,
        description=intake.description,
        scheduled_for=intake.scheduled_for,
        created_by=intake.actor,
    )


def _store_tasks(
    intake: Intake,
    fresh: list[Fresh],
    loaded: registry.LoadedRegistry,
    submission: Submission,
    batch: Batch,
) -> None:
    """Insert the tasks, forecast a scheduled batch, and wake a worker if a row is due."""
    connections = list(Connection.objects.filter(team=intake.team, is_active=True))
    builder = RowBuilder(
        team=intake.team,
        clinic=intake.clinic,
        batch_id=batch.pk,
        submission_id=submission.pk,
        actor=intake.actor,
        payer_ids=loaded.ids,
        connections=connections,
        due=intake.scheduled_for or intake.now,
        now=intake.now,
    )
    # A generator: on PostgreSQL the server stores one chunk while the next one is built.
    insert_rows(EligibilityTask, COLUMNS, (builder.build(*item) for item in fresh))
    if intake.scheduled_for is not None:
        finish = forecast.batch_finish(batch, connections=connections, now=intake.now)
        latest = max((row.scheduled_for or finish for _, row, _, _ in fresh), default=finish)
        batch.expected_by = forecast.round_up(max(finish, latest)).astimezone(finish.tzinfo)
        Batch.objects.filter(pk=batch.pk).update(expected_by=batch.expected_by)
    if _any_due(intake, fresh):
        slots.wake()


def _any_due(intake: Intake, fresh: list[Fresh]) -> bool:
    """Whether a worker could begin with one of the rows now."""
    if intake.scheduled_for is not None and intake.scheduled_for > intake.now:
        return False
    moments = (row.scheduled_for for _, row, _, _ in fresh)
    return any(moment is None or moment <= intake.now for moment in moments)


def accept_row(*, submission: Submission, line: int, checked: Checked, actor: str) -> str:
    """Make the task of a row that was rejected before, at its line. Returns the task's id.

    It joins its submission's batch, or starts one. Belongs to the caller's transaction.
    """
    assert submission.clinic is not None
    now = timezone.now()
    batch = Batch.objects.filter(submission=submission).first()
    intake = Intake(
        team=submission.team,
        clinic=submission.clinic,
        actor=actor,
        source=submission.source,
        request_id=submission.request_id,
        description="",
        scheduled_for=batch.scheduled_for if batch else None,
        options=submission.options,
        now=now,
    )
    scope = f"{intake.team.pk}|{intake.clinic.pk.hex}"
    intake.accepted.append((line, checked, reference_key(scope, checked)))
    fresh, task_ids = _assign_ids(intake, _known_tasks(intake, expire=True))
    _close_replaced(intake, kept=[])
    if fresh:
        batch = batch or _store_batch(intake, submission)
        _store_tasks(intake, fresh, registry.load(), submission, batch)
        EligibilityTask.objects.filter(pk=task_ids[line], batch__paused_at__isnull=False).update(
            run_at=None
        )
    return str(task_ids[line])


def _point_to_batch(created: Created, task_ids: dict[int, UUID]) -> Created:
    """Name the batch of a request that was all replayed: the one its first row is in."""
    first_ids = list(task_ids.values())[:1]
    for task in EligibilityTask.objects.filter(pk__in=first_ids).select_related("batch"):
        if task.batch is not None:
            created.batch_id, created.expected_by = str(task.batch_id), task.batch.expected_by
    return created
