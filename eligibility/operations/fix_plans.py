"""What corrections of tasks come to, and how they are written: many at once, or one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Max
from django.utils import timezone

from eligibility import registry
from eligibility.choices import FINAL, Priority, Status
from eligibility.engine import slots
from eligibility.engine.rows import add_events
from eligibility.models import Connection, EligibilityTask, TaskRevision
from eligibility.operations.rows import COLUMNS, RowBuilder
from eligibility.question import row_of
from eligibility.rules import Checked, check_rows
from portal.intake.insert import insert_rows
from portal.models import Clinic

FIX_NOTE = "corrected"

QUESTION = (
    "payer_id", "is_search", "connection_id", "test_mode", "id_type", "id_value", "id_key",
    "visit_type", "service_date", "name", "dob", "phone", "doctor_name", "payer_name",
    "details", "extra_args", "warnings",
)  # fmt: skip
"""The columns that say what is asked."""
NAMED = frozenset(
    {"payer_id", "is_search", "test_mode", "id_type", "id_key", "visit_type", "service_date"}
)
"""Those that name the question: with another of them an earlier answer answers something else."""
_FOLLOW = ("warnings", "connection_id", "id_key")
"""Those of them that follow from others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a correction comes to: the row before and after in wire names, the columns after it.

    `changed` are the columns that differ, `asked` those of them that make another question.
    """

    task: EligibilityTask
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    checked: Checked
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> dict[str, Any]:
        """The columns that get another value, with that value."""
        task = self.task
        return {name: new for name, new in self.values.items() if getattr(task, name) != new}

    @property
    def asked(self) -> list[str]:
        """The columns by which another question is asked than before."""
        return [name for name in self.changed if name not in _FOLLOW]

    @property
    def is_another_question(self) -> bool:
        """Whether earlier answers are about something else from now on."""
        return not NAMED.isdisjoint(self.changed)

    @property
    def reruns(self) -> bool:
        """Whether the row is at its end, so that asking again begins anew."""
        return self.task.status in FINAL


def plan_fixes(
    fixes: Sequence[tuple[EligibilityTask, Mapping[str, Any]]], profile: str = "lenient"
) -> list[Plan]:
    """What each task (payer, clinic and team loaded) would ask with these changes."""
    rows = []
    for task, changes in fixes:
        before = row_of(task)
        rows.append(
            (task, before, {**before, **changes, "client_reference": task.client_reference})
        )
    judged = check_all([(task.clinic, after) for task, _, after in rows], profile)
    columns = _Columns()
    return [
        Plan(task, before, after, checked, {} if checked.errors else columns.of(task, checked))
        for (task, before, after), checked in zip(rows, judged, strict=True)
    ]


def check_all(rows: Sequence[tuple[Clinic, Any]], profile: str) -> list[Checked]:
    """Every row under the rules of this moment, its clinic's zone and region."""
    rules, now = registry.load().rules, timezone.now()
    places: dict[Any, list[int]] = {}
    for place, (clinic, _) in enumerate(rows):
        places.setdefault(clinic.pk, []).append(place)
    judged: dict[int, Checked] = {}
    for mine in places.values():
        clinic = rows[mine[0]][0]
        checked = check_rows(
            [rows[place][1] for place in mine],
            registry=rules,
            profile=profile,
            timezone=clinic.zone,
            region=clinic.region,
            now=now,
        )
        judged |= dict(zip(mine, checked, strict=True))
    return [judged[place] for place in range(len(rows))]


class _Columns:
    """The question's columns as corrected rows have them; one builder a clinic."""

    def __init__(self) -> None:
        self._builders: dict[Any, RowBuilder] = {}

    def of(self, task: EligibilityTask, checked: Checked) -> dict[str, Any]:
        """By column name."""
        builder = self._builders.get(task.clinic_id)
        if builder is None:
            builder = self._builders[task.clinic_id] = _builder(task)
        values = builder.build(task.line or 0, checked, None, task.pk)
        built = dict(zip(COLUMNS, values, strict=True))
        return {name: built[name] for name in QUESTION}


def _builder(task: EligibilityTask) -> RowBuilder:
    now = timezone.now()
    return RowBuilder(
        team=task.team,
        clinic=task.clinic,
        batch_id=None,
        submission_id=None,
        actor="",
        payer_ids=registry.load().ids,
        connections=Connection.objects.filter(team_id=task.team_id, is_active=True),
        due=now,
        now=now,
    )


def write_fixes(plans: Sequence[Plan], *, actor: str, rerun: bool, urgent: bool) -> None:
    """Write the corrections of locked rows, each with a revision, and ask again where wanted.

    Rows that get the same values are written at once. `urgent`: somebody waits for them, and
    they overtake the batches.
    """
    alike: dict[str, list[Plan]] = {}
    for plan in plans:
        alike.setdefault(_as_text(plan.changed), []).append(plan)
    for group in alike.values():
        tasks = EligibilityTask.objects.with_ids([plan.task.pk for plan in group])
        changed: dict[str, Any] = {**group[0].changed, "version": F("version") + 1}
        if group[0].is_another_question:
            changed["question_number"] = F("question_number") + 1
        tasks.update(**changed)
    again = [plan.task for plan in plans if rerun and plan.reruns]
    if again:
        tasks = EligibilityTask.objects.with_ids([task.pk for task in again])
        if urgent:
            tasks.update(priority=Priority.HIGH)
        tasks.requeue()
        add_events([(task.pk, task.status, Status.PENDING, actor, FIX_NOTE) for task in again])
        slots.wake()
    add_revisions({plan.task.pk: _difference(plan) for plan in plans}, actor)


def _as_text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, default=str)


def _difference(plan: Plan) -> dict[str, list[Any]]:
    before, after = plan.before, plan.after
    return {
        name: [before.get(name), after.get(name)]
        for name in {**before, **after}
        if (before.get(name) or None) != (after.get(name) or None)
    }


def add_revisions(changes: Mapping[UUID, Mapping[str, Any]], actor: str) -> None:
    """Write one more revision of each of these tasks, which the caller has locked."""
    tasks = EligibilityTask.objects.with_ids(changes).order_by().values("pk")
    revised = TaskRevision.objects.filter(task__in=tasks).order_by().values_list("task_id")
    last = dict(revised.annotate(Max("number")))
    now = timezone.now()
    insert_rows(
        TaskRevision,
        ("task_id", "number", "changes", "made_by", "made_at"),
        [(pk, last.get(pk, 0) + 1, dict(each), actor, now) for pk, each in changes.items()],
    )
