"""Databases in which a repeat made something twice, or an end was not told: broken on purpose."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

from eligibility.models import EligibilityTask
from portal.models import IdempotencyRecord, Team, WebhookDelivery, WebhookEvent
from records.models import ResourceRecord
from tests.eligibility.engine.helpers import answered, claim, end, make_lane, make_row
from tests.factories import make_team
from tests.portal.webhooks.making import make_endpoint, put
from tests.records.making import create, row


def _without_constraints(model: type[models.Model], **fields: str) -> Any:
    """Two rows or more, made alike where no constraint of the database refuses it.

    Returns the one with the smallest id as text, by which the promise names them.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE held_aside AS SELECT * FROM {table}")
        cursor.execute(f"ALTER TABLE held_aside RENAME TO {table}")
    model._base_manager.update(**fields)
    return min(model._base_manager.all(), key=lambda each: str(each.pk))


def one_reference_twice() -> EligibilityTask:
    """Two rows of one reference and question."""
    lane = make_lane()
    for _ in range(2):
        make_row(lane)
    return _without_constraints(EligibilityTask, reference_key="the same")


def one_record_twice() -> ResourceRecord:
    """Two records of one practitioner."""
    create(make_team(), row("L-1"), row("L-2"))
    return _without_constraints(ResourceRecord, logical_id="the same")


def one_key_twice() -> IdempotencyRecord:
    """Two answers under one key."""
    team = make_team()
    for key in ("a", "b"):
        _kept(team, key, [])
    return _without_constraints(IdempotencyRecord, key="the same")


def an_answer_of_rows_that_are_not_there() -> IdempotencyRecord:
    """Of two kept answers, one names a row that was never stored."""
    task = make_row(make_lane())
    _kept(task.team, "whole", [task.pk])
    return _kept(task.team, "torn", [task.pk, uuid.uuid4()])


def _kept(team: Team, key: str, tasks: list[uuid.UUID]) -> IdempotencyRecord:
    said = {"data": {"tasks": [{"task_id": str(pk)} for pk in tasks] + [{"task_id": None}]}}
    return IdempotencyRecord.objects.create(
        team=team, method="POST", path="/v2/api-integration/bulk/create-tasks", key=key,
        digest="d", status=200, body=json.dumps(said).encode(), lease_until=timezone.now(),
    )  # fmt: skip


def an_end_that_nobody_was_told_of() -> EligibilityTask:
    """One of two; of the other's end an endpoint hears that wants nothing else."""
    lane = make_lane()
    make_endpoint(lane.team, event_types=["task.done"])
    make_endpoint(lane.team, event_types=["task.failed"])
    _made_later(lane, count=2)
    end(claim(), answered())
    silent: EligibilityTask = EligibilityTask.objects.latest("pk")
    WebhookDelivery.objects.filter(subject=silent.pk).delete()
    return silent


def _made_later(lane: Any, count: int) -> None:
    """Rows that were made after everything so far, however coarse the clocks are."""
    for _ in range(count):
        task = make_row(lane)
        EligibilityTask.objects.filter(pk=task.pk).update(
            created_at=timezone.now() + timedelta(milliseconds=1)
        )


def one_event_under_two_ids() -> WebhookEvent:
    """Two events with the same number of the same subject."""
    _delivery(), _delivery()
    WebhookDelivery.objects.all().delete()
    return _without_constraints(WebhookEvent, subject=uuid.uuid4(), sequence=1)  # type: ignore[arg-type]


def heard_without_an_answer() -> WebhookDelivery:
    """Counted as made, though the receiver said 500."""
    found = _delivery()
    WebhookDelivery.objects.filter(pk=found.pk).update(
        state="delivered", next_at=None, attempts=1, delivered_at=timezone.now(), last_status=500
    )
    return found


def given_up_too_early() -> WebhookDelivery:
    """Given up with one try left."""
    found = _delivery()
    WebhookDelivery.objects.filter(pk=found.pk).update(state="failed", next_at=None, attempts=9)
    return found


def _delivery() -> WebhookDelivery:
    return put(make_endpoint())[0]
