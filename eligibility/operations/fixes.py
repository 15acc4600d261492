"""Correct a row: what was asked stays as it came, every correction is a revision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from eligibility.choices import Status
from eligibility.models import EligibilityTask
from eligibility.operations.create import accept_row
from eligibility.operations.fix_plans import check_all, plan_fixes, write_fixes
from portal.intake.fixing import CHANGED_MEANWHILE, Fixed, FixStatus
from portal.models import Submission

BEING_ASKED = "The payer is being asked about this row right now. Wait for its answer."


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
    plan = plan_fixes([(task, changes)], profile)[0]
    warnings = plan.checked.warnings
    if plan.checked.errors:
        return Fixed(
            FixStatus.REJECTED, str(task.pk), errors=plan.checked.errors, warnings=warnings
        )
    if not plan.asked:
        return Fixed(FixStatus.UNCHANGED, str(task.pk), warnings=warnings)
    write_fixes([plan], actor=actor, rerun=rerun, urgent=True)
    return Fixed(FixStatus.FIXED, str(task.pk), warnings=warnings, changed=plan.asked)


def accept_rejected(
    *, submission: Submission, line: int, raw: Any, actor: str, profile: str
) -> Fixed:
    """Make the task of a row that was rejected before, or say why not (`fixing.Accept`).

    A row that repeats a reference and question of the last 24 hours is accepted as that task.
    """
    assert submission.clinic is not None, "a check belongs to a clinic"
    checked = check_all([(submission.clinic, raw)], profile)[0]
    if checked.errors:
        return Fixed(FixStatus.REJECTED, errors=checked.errors, warnings=checked.warnings)
    task_id = accept_row(submission=submission, line=line, checked=checked, actor=actor)
    return Fixed(FixStatus.FIXED, task_id, warnings=checked.warnings)
