"""Accept a request's rows: the good ones become tasks, the bad ones are kept with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from eligibility import registry
from eligibility.models import Batch, Connection, EligibilityTask
from eligibility.operations.answers import Created, Intake, answer
from eligibility.operations.intake import (
    KIND,
    REFERENCE_KEY,
    assign_ids,
    close_replaced,
    keep_rejected,
    known_tasks,
    sort_out,
    store_batch,
    store_submission,
    store_tasks,
)
from eligibility.operations.known import name_replayed_searches, send_to_known_payers
from eligibility.operations.reuse import find_reusable
from eligibility.operations.rows import reference_key
from eligibility.rules import Checked, check_rows
from portal.collector import uncollected
from portal.intake.races import winning_races
from portal.models import Clinic, Submission, Team

__all__ = ["KIND", "accept_row", "accept_rows", "create_tasks"]

_log = structlog.get_logger(__name__)


@uncollected()
def create_tasks(
    *,
    team: Team,
    clinic: Clinic,
    actor: str,
    rows: Sequence[Any],
    lines: Sequence[int] | None = None,
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

    `lines` are the rows' places where they came from (default: 0, 1, 2 ...), each once.
    `scheduled` makes it a scheduled batch that carries a forecast; its rows wait until
    `scheduled_for` (aware; None or past: due at once). A row with the reference and the
    question of one of the last 24 hours is that one again (replayed); one whose question was
    answered inside the freshness window of its payer is done at once (reused), unless it says
    `force`. Bad rows are stored with
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
        lines=lines,
    )
    if intake.scheduled_for is not None:
        schedule = {"scheduled_for": intake.scheduled_for.isoformat(), "description": description}
        intake.options |= schedule
    sort_out(intake, checked)
    if all_or_nothing and intake.rejected:
        intake.accepted, intake.rejected = [], list(enumerate(checked))
    if dry_run:
        return _rehearse(intake, checked, loaded)
    return winning_races(lambda: _store(intake, checked, loaded), unique=REFERENCE_KEY)


def _rehearse(intake: Intake, checked: list[Checked], loaded: registry.LoadedRegistry) -> Created:
    """What a real run would say now, with nothing stored and no ids."""
    fresh, task_ids = assign_ids(intake, known_tasks(intake))
    created = answer(checked, task_ids, {index for index, *_ in fresh}, with_ids=False)
    connections = list(Connection.objects.filter(team=intake.team, is_active=True))
    send_to_known_payers(intake, fresh, loaded, connections)
    name_replayed_searches(intake, checked, task_ids, {index for index, *_ in fresh}, loaded)
    created.note_reused(find_reusable(intake, fresh, loaded.ids, connections), intake.now)
    return created


def _store(intake: Intake, checked: list[Checked], loaded: registry.LoadedRegistry) -> Created:
    fresh, task_ids = assign_ids(intake, known_tasks(intake, expire=True))
    new = {index for index, *_ in fresh}
    created = answer(checked, task_ids, new)
    is_kept = bool(task_ids) or intake.source != Submission.Source.API
    kept = intake.rejected if is_kept else []
    close_replaced(intake, kept)
    if not fresh and not intake.rejected:
        name_replayed_searches(intake, checked, task_ids, new, loaded)
        return _point_to_batch(created, task_ids)
    submission = store_submission(intake, len(task_ids), len(checked))
    if fresh:
        batch = store_batch(intake, submission)
        known = store_tasks(intake, fresh, loaded, submission, batch)
        created.note_reused(known, intake.now)
        created.batch_id, created.expected_by = str(batch.pk), batch.expected_by
    else:
        _point_to_batch(created, task_ids)
    name_replayed_searches(intake, checked, task_ids, new, loaded)
    if kept:
        keep_rejected(intake, submission, kept)
        created.submission_id = str(submission.pk)
    transaction.on_commit(partial(_note_received, submission, created.batch_id))
    return created


def _note_received(submission: Submission, batch_id: str | None) -> None:
    """One line with ids and counts; the request's id is in it as in each of the request's lines."""
    _log.info(
        "rows_received",
        submission=str(submission.pk),
        batch=batch_id or "",
        accepted=submission.accepted_rows,
        rejected=submission.rejected_rows,
    )


def accept_row(*, submission: Submission, line: int, checked: Checked, actor: str) -> str:
    """Make the task of a row that was rejected before, at its line. Returns the task's id."""
    return accept_rows(submission=submission, rows=[(line, checked)], actor=actor)[line]


def accept_rows(
    *, submission: Submission, rows: Sequence[tuple[int, Checked]], actor: str
) -> dict[int, str]:
    """Make the tasks of rows of one submission that were rejected before. Returns ids by line.

    They join their submission's batch, or start the one that the submission asked for. Belongs
    to the caller's transaction.
    """
    assert submission.clinic is not None
    now = timezone.now()
    options = submission.options
    hour = options.get("scheduled_for")
    batch = Batch.objects.filter(submission=submission).first()
    intake = Intake(
        team=submission.team,
        clinic=submission.clinic,
        actor=actor,
        source=submission.source,
        request_id=submission.request_id,
        description=options.get("description", ""),
        scheduled_for=batch.scheduled_for if batch else hour and datetime.fromisoformat(hour),
        options=options,
        now=now,
    )
    scope = f"{intake.team.pk}|{intake.clinic.pk.hex}"
    for line, checked in rows:
        intake.accepted.append((line, checked, reference_key(scope, checked)))
    fresh, task_ids = assign_ids(intake, known_tasks(intake, expire=True))
    close_replaced(intake, kept=[])
    if fresh:
        batch = batch or store_batch(intake, submission)
        store_tasks(intake, fresh, registry.load(), submission, batch)
        made = EligibilityTask.objects.with_ids(task_id for *_, task_id in fresh)
        made.filter(batch__paused_at__isnull=False).update(run_at=None)
    return {line: str(task_id) for line, task_id in task_ids.items()}


def _point_to_batch(created: Created, task_ids: dict[int, UUID]) -> Created:
    """Name the batch of a request that was all replayed: the one its first row is in."""
    first_ids = list(task_ids.values())[:1]
    for task in EligibilityTask.objects.filter(pk__in=first_ids).select_related("batch"):
        if task.batch is not None:
            created.batch_id, created.expected_by = str(task.batch_id), task.batch.expected_by
    return created
