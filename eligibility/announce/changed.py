"""Which answers say something else than the last one did (docs/answers.md, "What is new")."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from eligibility.models import EligibilityTask, Result, TaskRevision
from eligibility.presentation.changes import changes

_FIELDS = ("pk", "visit_type", "result__outcome", "result__answer", "last")


def changed_since(ids: Collection[UUID]) -> dict[UUID, str]:
    """Of these tasks, which have just been answered: (task, outcome of the answer before) of those
    whose answer differs from it.

    The answer before is the task's own to the same question, else the clinic's newest earlier
    one from this payer about this identifier and visit type. Two queries, however many tasks.
    """
    if not ids:
        return {}
    rows = list(_with_last(EligibilityTask.objects.with_ids(ids)).values(*_FIELDS))
    last = {row["last"] for row in rows if row["last"] is not None}
    earlier = Result.objects.in_bulk(last) if last else {}
    return {
        row["pk"]: before.outcome
        for row in rows
        if (before := earlier.get(row["last"])) is not None and _differs(row, before)
    }


def _with_last(tasks: QuerySet[EligibilityTask]) -> Any:
    """Each task with the id of the answer before its own."""
    revised = TaskRevision.objects.filter(task=OuterRef(OuterRef("pk"))).order_by()
    corrected_at = Subquery(revised.values("task").annotate(at=Max("made_at")).values("at"))
    own = Result.objects.filter(
        task=OuterRef("pk"),
        attempt__late=False,
        created_at__lt=OuterRef("result__created_at"),
    ).filter(
        Q(attempt__started_at__gt=corrected_at) | Q(task__question_number=0),
    )
    return tasks.filter(result_question=F("question_number"), result__isnull=False).annotate(
        last=Coalesce(
            Subquery(own.order_by("-created_at").values("pk")[:1]),
            Subquery(_of_the_clinic().values("result")[:1]),
            output_field=UUIDField(),
        )
    )


def _of_the_clinic() -> QuerySet[EligibilityTask]:
    """The clinic's other tasks about the same person and visit, the newest answer first."""
    same = {
        name: OuterRef(name)
        for name in ("clinic", "id_key", "id_type", "payer", "visit_type", "test_mode")
    }
    like = EligibilityTask.objects.filter(
        **same,
        parent=None,
        result_question=F("question_number"),
        result__synthetic=OuterRef("result__synthetic"),
        result__created_at__lt=OuterRef("result__created_at"),
    )
    return like.exclude(pk=OuterRef("pk")).order_by("-result__created_at")


def _differs(row: dict[str, Any], before: Result) -> bool:
    return bool(
        changes(
            before.answer,
            row["result__answer"],
            outcomes=(before.outcome, row["result__outcome"]),
            visit_type=row["visit_type"],
        )
    )
