"""Accept a request's rows: the good ones become tasks, the bad ones are kept with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
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
from portal.intake.rejected import store_rejected
from portal.models import Clinic, RejectedRow, Submission, Team

KIND = "eligibility.tasks"
REPLAY_WINDOW = timedelta(hours=24)
_RACES_BEFORE_GIVING_UP = 3

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
    `all_or_nothing` creates nothing when one row is bad, `dry_run` never does. `suspicious`
    says that the body may hold text which a database cannot store.
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
    _sort_out(intake, checked)
    if all_or_nothing and intake.rejected:
        intake.accepted.clear()
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
    """Store the request; when another one brought the same reference meanwhile, look again."""
    for _ in range(_RACES_BEFORE_GIVING_UP - 1):
        try:
            with transaction.atomic():
                return _store(intake, checked, loaded)
        except IntegrityError as error:
            if "reference_key" not in str(error):
                raise
    with transaction.atomic():
        return _store(intake, checked, loaded)


def _store(intake: Intake, checked: list[Checked], loaded: registry.LoadedRegistry) -> Created:
    fresh, task_ids = _assign_ids(intake, _known_tasks(intake, expire=True))
    created = answer(checked, task_ids, {index for index, *_ in fresh})
    if not fresh and not intake.rejected:
        return _point_to_batch(created, task_ids)
    submission = _store_submission(intake, len(task_ids), len(checked))
    if fresh:
        batch = _store_batch(intake, submission)
        _store_tasks(intake, fresh, loaded, submission, batch)
        created.batch_id, created.expected_by = str(batch.pk), batch.expected_by
    elif task_ids:
        _point_to_batch(created, task_ids)
    if intake.rejected and (task_ids or intake.source != Submission.Source.API):
        store_rejected(submission, [(index, row.raw, row.errors) for index, row in intake.rejected])
        created.submission_id = str(submission.pk)
    return created


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
    """Insert the tasks, close the rejected rows that they replace, and wake a worker."""
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
    references = {row.row.client_reference for _, row, _, _ in fresh if row.row}
    RejectedRow.objects.supersede(team_id=intake.team.pk, kind=KIND, references=references - {""})
    if intake.scheduled_for is not None:
        batch.expected_by = forecast.batch_finish(batch, connections=connections, now=intake.now)
        Batch.objects.filter(pk=batch.pk).update(expected_by=batch.expected_by)
    if intake.scheduled_for is None or intake.scheduled_for <= intake.now:
        slots.wake()


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
    if fresh:
        batch = batch or _store_batch(intake, submission)
        _store_tasks(intake, fresh, registry.load(), submission, batch)
        EligibilityTask.objects.filter(pk=task_ids[line], batch__paused_at__isnull=False).update(
            run_at=None
        )
    return str(task_ids[line])


def _point_to_batch(created: Created, task_ids: dict[int, UUID]) -> Created:
    """Name the batch of a request that was all replayed: the one its first row is in."""
    first = EligibilityTask.objects.filter(pk=next(iter(task_ids.values()))).select_related("batch")
    for task in first:
        if task.batch is not None:
            created.batch_id, created.expected_by = str(task.batch_id), task.batch.expected_by
    return created
