"""Good rows into tasks: what every road of rows (a request, a file, a fixed row) shares.

A road makes an `Intake`, sorts its checked rows out, and inside one transaction looks up what is
known already, gives ids to the rest and stores them.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import timedelta
from uuid import UUID

from eligibility import registry
from eligibility.engine import slots
from eligibility.engine.forecast import finishes
from eligibility.engine.fresh import Known
from eligibility.models import Batch, Connection, EligibilityTask
from eligibility.operations.answers import Fresh, Intake
from eligibility.operations.known import send_to_known_payers
from eligibility.operations.reuse import find_reusable, insert_reused
from eligibility.operations.rows import COLUMNS, RowBuilder, reference_key
from eligibility.rules import Checked
from portal import objectid
from portal.intake.insert import insert_rows
from portal.intake.issues import ROLLED_BACK
from portal.intake.rejected import reference_of, store_rejected
from portal.models import RejectedRow, Submission

KIND = "eligibility.tasks"
REPLAY_WINDOW = timedelta(hours=24)
REFERENCE_KEY = "reference_key"
"""The column that keeps two requests from creating the same row."""


def sort_out(intake: Intake, checked: list[Checked]) -> None:
    """Split good rows from bad ones and name each good row's question."""
    scope = f"{intake.team.pk}|{intake.clinic.pk.hex}"
    for index, row in enumerate(checked):
        if row.errors:
            intake.rejected.append((index, row))
        else:
            intake.accepted.append((index, row, reference_key(scope, row)))


def known_tasks(intake: Intake, *, expire: bool = False) -> dict[str, UUID]:
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


def assign_ids(
    intake: Intake, known: MutableMapping[str, UUID]
) -> tuple[list[Fresh], dict[int, UUID]]:
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


def store_submission(intake: Intake, accepted: int, total: int) -> Submission:
    """The request or file as received, with its counts."""
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


def store_batch(intake: Intake, submission: Submission) -> Batch:
    """The group that the submission's tasks belong to."""
    return Batch.objects.create(
        team=intake.team,
        clinic=intake.clinic,
        submission=submission,
        description=intake.description,
        scheduled_for=intake.scheduled_for,
        created_by=intake.actor,
    )


def store_tasks(
    intake: Intake,
    fresh: list[Fresh],
    loaded: registry.LoadedRegistry,
    submission: Submission,
    batch: Batch,
) -> dict[int, Known]:
    """Insert the tasks, forecast a scheduled batch, and wake a worker if a row is due.

    Returns, by index, the answers that stood for rows which are therefore done already.
    """
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
    send_to_known_payers(intake, fresh, loaded, connections)
    known = find_reusable(intake, fresh, loaded.ids, connections)
    _insert(intake, fresh, builder, known)
    if intake.scheduled_for is not None:
        finish = finishes.batch_finish(batch, connections=connections, now=intake.now)
        latest = max((row.scheduled_for or finish for _, row, _, _ in fresh), default=finish)
        # A file comes in by chunks, and an earlier one may hold the latest row.
        latest = max(latest, batch.expected_by or latest)
        batch.expected_by = finishes.round_up(max(finish, latest)).astimezone(finish.tzinfo)
        Batch.objects.filter(pk=batch.pk).update(expected_by=batch.expected_by)
    if _any_due(intake, [each for each in fresh if each[0] not in known] if known else fresh):
        slots.wake()
    return known


def _insert(
    intake: Intake, fresh: list[Fresh], builder: RowBuilder, known: dict[int, Known]
) -> None:
    """Insert the rows, those with a known answer as done."""
    line_of = intake.line_of
    # A generator: on PostgreSQL the server stores one chunk while the next one is built.
    rows = (
        builder.build(line_of(index), row, key, pk)
        for index, row, key, pk in fresh
        if index not in known
    )
    insert_rows(EligibilityTask, COLUMNS, rows)
    insert_reused(
        intake,
        [
            (builder.build(line_of(index), row, key, pk), known[index])
            for index, row, key, pk in fresh
            if index in known
        ]
        if known
        else [],
    )


def _any_due(intake: Intake, fresh: list[Fresh]) -> bool:
    """Whether a worker could begin with one of the rows now."""
    if intake.scheduled_for is not None and intake.scheduled_for > intake.now:
        return False
    moments = (row.scheduled_for for _, row, _, _ in fresh)
    return any(moment is None or moment <= intake.now for moment in moments)


def keep_rejected(
    intake: Intake, submission: Submission, kept: Sequence[tuple[int, Checked]]
) -> None:
    """Store rejected rows with their errors, at their lines."""
    rows = [
        (
            intake.line_of(index),
            row.raw,
            row.errors or [ROLLED_BACK],
            row.payer.code if row.payer else "",
        )
        for index, row in kept
    ]
    store_rejected(submission, rows)


def close_replaced(
    intake: Intake,
    kept: Sequence[tuple[int, Checked]],
    *,
    apart_from: Submission | None = None,
) -> None:
    """Close the open rejected rows of earlier submissions whose references come again."""
    brought = {row.row.client_reference for _, row, _ in intake.accepted if row.row}
    brought |= {reference_of(row.raw) for _, row in kept}
    earlier = RejectedRow.objects.all()
    if apart_from is not None:
        earlier = earlier.exclude(submission=apart_from)
    earlier.supersede(clinic=intake.clinic, kind=KIND, references=brought - {""})
