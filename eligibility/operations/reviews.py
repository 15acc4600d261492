"""What people decide without asking a payer again: an answer will do, a row is not needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from eligibility.choices import Review, Status
from eligibility.engine.rows import add_events
from eligibility.models import EligibilityTask
from eligibility.operations.reruns import Moved
from portal import audit
from portal.intake import fixing
from portal.models import RejectedRow, Verb

ACCEPTED_NOTE = "accepted as it is"
RESOLVED_NOTE = "settled elsewhere"
SEEN_TO = "somebody has seen to it meanwhile"


@transaction.atomic
def settle_tasks(*, tasks: QuerySet[EligibilityTask], actor: str) -> Moved:
    """Take rows that need attention off the worklist as they are.

    A doubtful answer is accepted as it is; a row without an answer is settled elsewhere (by
    telephone, say). Both keep status, outcome and failure. Rows that no longer need attention
    stay untouched. Writes an event and an audit event for each row that moved.
    """
    rows = _lock(tasks)
    moving = [row for row in rows if row[2] == Review.NEEDS_ATTENTION]
    EligibilityTask.objects.with_ids([row[0] for row in moving]).settle()
    add_events([(pk, status, status, actor, _note(status)) for pk, status, *_ in moving])
    _audit_tasks(moving, actor)
    return Moved(len(moving), _stayed(len(rows) - len(moving)))


def _lock(tasks: QuerySet[EligibilityTask]) -> list[tuple[Any, ...]]:
    """(id, status, review, team, clinic) of each row, held until the transaction ends."""
    own = EligibilityTask.objects.filter(pk__in=tasks.order_by().values("pk"), parent=None)
    held = own.select_for_update().order_by("pk")
    return list(held.values_list("pk", "status", "review", "team_id", "clinic_id"))


def _note(status: str) -> str:
    return ACCEPTED_NOTE if status == Status.DONE else RESOLVED_NOTE


def _stayed(count: int) -> Counter[str]:
    return Counter({SEEN_TO: count} if count else {})


def _audit_tasks(rows: Iterable[tuple[Any, ...]], actor: str) -> None:
    verbs: dict[Verb, list[audit.Target]] = {Verb.ACCEPTED: [], Verb.RESOLVED: []}
    for pk, status, _, team_id, clinic_id in rows:
        verb = Verb.ACCEPTED if status == Status.DONE else Verb.RESOLVED
        verbs[verb].append(_target(EligibilityTask, pk, f"Task {pk}", team_id, clinic_id))
    for verb, targets in verbs.items():
        if targets:
            audit.record_many(verb=verb, actor=actor, targets=targets)


def _target(model: Any, pk: UUID, name: str, team_id: str, clinic_id: UUID | None) -> audit.Target:
    return audit.Target(model._meta.label_lower, str(pk), name, team_id, clinic_id)


def discard_rows(*, rows: QuerySet[RejectedRow], actor: str) -> Moved:
    """Settle open rejected rows without a check (`portal.intake.fixing.discard_rows`)."""
    moved, stayed = fixing.discard_rows(rows=rows, actor=actor)
    return Moved(moved, _stayed(stayed))
