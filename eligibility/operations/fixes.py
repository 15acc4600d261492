"""Correct a row: what was asked stays as it came, every correction is a revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from eligibility import registry
from eligibility.choices import FINAL, Priority, Status
from eligibility.engine import slots
from eligibility.engine.rows import add_events
from eligibility.models import Connection, EligibilityTask, TaskRevision
from eligibility.operations.create import accept_row
from eligibility.operations.rows import COLUMNS, RowBuilder
from eligibility.question import row_of
from eligibility.rules import Checked, check_rows
from portal.intake.fixing import CHANGED_MEANWHILE, Fixed, FixStatus
from portal.models import Clinic, Submission

FIX_NOTE = "corrected"


BEING_ASKED = "The payer is being asked about this row right now. Wait for its answer."

_QUESTION = (
    "payer_id", "is_search", "connection_id", "test_mode", "id_type", "id_value", "id_key",
    "visit_type", "service_date", "name", "dob", "phone", "doctor_name", "payer_name",
    "details", "extra_args", "warnings",
)  # fmt: skip


@transaction.atomic
def fix_task(
    *,
    task: EligibilityTask,
    changes: Mapping[str, Any],
    version: int,
    actor: str,
    rerun: bool = True,
    profile: str = "lenient",
) -> Fixed:
    """Correct a task's question by wire names, and ask again.

    `version` is the task's version that the editor saw: an older one is a conflict and nothing
    is written. The request's own `client_reference` cannot be changed. With nothing changed
    nothing happens; use `retry_tasks` to ask the same question again.
    """
    task = (
        EligibilityTask.objects.select_for_update(of=("self",))
        .select_related("payer", "clinic", "team")
        .get(pk=task.pk)
    )
    if task.version != version:
        return Fixed(FixStatus.CONFLICT, str(task.pk), CHANGED_MEANWHILE)
    if task.status in (Status.RUNNING, Status.WAITING):
        return Fixed(FixStatus.CONFLICT, str(task.pk), BEING_ASKED)
    before = row_of(task)
    wanted = {**before, **changes, "client_reference": task.client_reference}
    checked = _check(wanted, task.clinic, profile)
    if checked.errors:
        return Fixed(
            FixStatus.REJECTED, str(task.pk), errors=checked.errors, warnings=checked.warnings
        )
    values = _question_of(task, checked)
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    asked = [name for name in changed if name not in ("warnings", "connection_id", "id_key")]
    if not asked:
        return Fixed(FixStatus.UNCHANGED, str(task.pk), warnings=checked.warnings)
    _write_fix(task, values, actor, rerun=rerun)
    _write_revision(task, before, wanted, actor)
    return Fixed(FixStatus.FIXED, str(task.pk), warnings=checked.warnings, changed=asked)


def _check(row: Mapping[str, Any], clinic: Clinic, profile: str) -> Checked:
    loaded = registry.load()
    return check_rows(
        [dict(row)],
        registry=loaded.rules,
        profile=profile,
        timezone=clinic.zone,
        region=clinic.region,
        now=timezone.now(),
    )[0]


def _question_of(task: EligibilityTask, checked: Checked) -> dict[str, Any]:
    """The question's columns as the corrected row has them."""
    values = _builder(task, task.created_by).build(task.line or 0, checked, None, task.pk)
    built = dict(zip(COLUMNS, values, strict=True))
    return {name: built[name] for name in _QUESTION}


def _builder(task: EligibilityTask, actor: str) -> RowBuilder:
    now = timezone.now()
    return RowBuilder(
        team=task.team,
        clinic=task.clinic,
        batch_id=task.batch_id,
        submission_id=task.submission_id,
        actor=actor,
        payer_ids=registry.load().ids,
        connections=Connection.objects.filter(team_id=task.team_id, is_active=True),
        due=now,
        now=now,
    )


def _write_fix(
    task: EligibilityTask, values: Mapping[str, Any], actor: str, *, rerun: bool
) -> None:
    mine = EligibilityTask.objects.filter(pk=task.pk)
    mine.update(**values, version=F("version") + 1)
    if rerun and task.status in FINAL:
        # Somebody waits for this row: it overtakes the batches.
        mine.update(priority=Priority.HIGH)
        mine.requeue()
        add_events([(task.pk, task.status, Status.PENDING, actor, FIX_NOTE)])
        slots.wake()


def _write_revision(
    task: EligibilityTask, before: Mapping[str, Any], after: Mapping[str, Any], actor: str
) -> None:
    number = TaskRevision.objects.filter(task=task).aggregate(last=Max("number"))["last"] or 0
    changes = {
        name: [before.get(name), after.get(name)]
        for name in {**before, **after}
        if (before.get(name) or None) != (after.get(name) or None)
    }
    TaskRevision.objects.create(task=task, number=number + 1, changes=changes, made_by=actor)


def accept_rejected(
    *, submission: Submission, line: int, raw: Any, actor: str, profile: str
) -> Fixed:
    """Make the task of a row that was rejected before, or say why not (`fixing.Accept`).

    A row that repeats a reference and question of the last 24 hours is accepted as that task.
    """
    assert submission.clinic is not None, "a check belongs to a clinic"
    checked = _check(raw, submission.clinic, profile)
    if checked.errors:
        return Fixed(FixStatus.REJECTED, errors=checked.errors, warnings=checked.warnings)
    task_id = accept_row(submission=submission, line=line, checked=checked, actor=actor)
    return Fixed(FixStatus.FIXED, task_id, warnings=checked.warnings)
