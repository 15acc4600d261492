"""Failed and doubtful checks, corrected by groups, and made what they were while nobody asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Field

from eligibility.choices import FINAL, Status
from eligibility.engine.rows import add_events
from eligibility.models import EligibilityTask, TaskRevision
from eligibility.operations.fix_plans import Plan, add_revisions, plan_fixes, write_fixes
from eligibility.operations.group_rejected import ALREADY_ASKED, CHANGED_SINCE
from eligibility.question import row_of
from portal.groupfix import Applied, GroupKind, Held, Ref
from portal.groupfix.kinds import Corrections
from portal.groupfix.rejected import CHANGED
from portal.intake.issues import Issue
from portal.models import FixedRow

UNDO_NOTE = "correction taken back"
IN_LINE = "it is in line to be asked again"
UNCHANGED = Issue("", "row.unchanged", "the correction changes nothing")
MOST_URGENT = 50
"""So many rows overtake the batches, as one that somebody waits for does; more would jam them."""

CORRECTABLE = (
    "tpa_name", "id_type", "id_value", "visit_type", "service_date", "name", "dob", "phone",
    "doctorName", "payerName", "referralCode", "serviceType",
)  # fmt: skip
"""Fields (wire names) in which rows can be alike, and be corrected together."""
_STATE = (
    "status", "outcome", "failure", "failure_message", "review", "finished_at",
    "first_claimed_at", "failed_conversations", "crashes", "priority", "not_before",
    "question_number", "reused_from_id",
)  # fmt: skip
_FIELDS: dict[str, Field[Any, Any]] = {
    field.attname: field for field in EligibilityTask._meta.concrete_fields
}


class FailedChecks(GroupKind):
    """Checks that failed, or were answered doubtfully, in whatever field they are alike."""

    name = "eligibility.failed"

    def hold(self, refs: Sequence[Ref], *, lock: bool) -> list[Held]:
        """The checks; every correctable field counts as a possible fault, named by the cause."""
        versions = {ref.id: ref.version for ref in refs}
        tasks = EligibilityTask.objects.with_ids(versions).filter(parent=None)
        tasks = tasks.select_related("payer", "clinic", "team").order_by("pk")
        if lock:
            tasks = tasks.select_for_update(of=("self",))
        return [_held(task, versions[task.pk]) for task in tasks]

    def check(self, rows: Corrections) -> list[list[Issue]]:
        """What would still be wrong with them; a correction that changes nothing is none."""
        return [_errors(plan) for plan in _plans(rows)]

    def apply(self, rows: Corrections, *, actor: str) -> list[Applied]:
        """Correct them and ask the payers again."""
        plans = _plans(rows)
        good = [plan for plan in plans if not _errors(plan)]
        before = {plan.task.pk: _before(plan) for plan in good}
        write_fixes(good, actor=actor, rerun=True, urgent=len(good) <= MOST_URGENT)
        return [
            Applied(errors=_errors(plan))
            if plan.task.pk not in before
            else Applied(
                str(plan.task.pk),
                plan.task.version + (2 if plan.reruns else 1),
                before[plan.task.pk],
            )
            for plan in plans
        ]

    def undo(self, rows: Sequence[FixedRow], *, actor: str) -> dict[UUID, str]:
        """Give question and state back to the checks that no worker has taken since."""
        fixed = {each.row_id: each for each in rows}
        tasks = EligibilityTask.objects.with_ids(fixed).select_for_update().order_by("pk")
        held = {task.pk: task for task in tasks}
        left = {row_id: why for row_id in fixed if (why := _why(held.get(row_id), fixed[row_id]))}
        back = [task for pk, task in held.items() if pk not in left]
        before = {task.pk: _read(fixed[task.pk].before) for task in back}
        corrections = _last_corrections(back)
        EligibilityTask.objects.all().put_back(before.items())
        add_events(
            [(pk, Status.PENDING, was["status"], actor, UNDO_NOTE) for pk, was in before.items()]
        )
        inverse = {pk: {n: [new, old] for n, (old, new) in c.items()} for pk, c in corrections}
        add_revisions(inverse, actor)
        return left


def _held(task: EligibilityTask, version: int) -> Held:
    stands = row_of(task)
    cause = task.failure or task.outcome
    faults = [
        Issue(f"/{name}", cause, "", stands.get(name)).as_detail()
        for name in CORRECTABLE
        if not isinstance(stands.get(name), dict | list)
    ]
    stays = "" if task.version == version else CHANGED
    if task.status not in FINAL:
        stays = IN_LINE
    return Held(Ref(task.pk, version), task, stands, faults, stays)


def _plans(rows: Corrections) -> list[Plan]:
    return plan_fixes([(held.row, _changes(held.stands, wanted)) for held, wanted in rows])


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in after.items() if before.get(name) != value}


def _errors(plan: Plan) -> list[Issue]:
    if plan.checked.errors:
        return plan.checked.errors
    return [] if plan.asked else [UNCHANGED]


def _before(plan: Plan) -> dict[str, Any]:
    """What an undo gives back: the state, and the columns that the correction changes."""
    names = (*_STATE, *plan.changed)
    return {name: _plain(getattr(plan.task, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(before: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as the model has them."""
    return {name: _FIELDS[name].to_python(value) for name, value in before.items()}


def _why(task: EligibilityTask | None, fixed: FixedRow) -> str:
    """Why a check cannot be made what it was; empty when it can."""
    if task is None:
        return CHANGED_SINCE
    if task.status != Status.PENDING or task.first_claimed_at is not None:
        return ALREADY_ASKED
    return "" if task.version == fixed.version else CHANGED_SINCE


def _last_corrections(tasks: Sequence[EligibilityTask]) -> list[tuple[UUID, dict[str, Any]]]:
    """The newest revision of each of these tasks, which is the one to be taken back."""
    ids = EligibilityTask.objects.with_ids([task.pk for task in tasks]).order_by().values("pk")
    rows = TaskRevision.objects.filter(task__in=ids).order_by("task_id", "number")
    return list(dict(rows.values_list("task_id", "changes")).items())
