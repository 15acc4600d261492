"""What is told of a check that came to its end; called where every move's event is written.

One query when nobody listens. The rows are read as the move left them, in its own transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from eligibility.announce.changed import changed_since
from eligibility.choices import FINAL, Outcome, Review, Status
from eligibility.models import Batch, EligibilityTask
from eligibility.wire import words
from portal.models import WebhookEndpoint, WebhookType
from portal.webhooks import outbox
from portal.webhooks.outbox import News

Move = tuple[UUID, str, str, str, str]
"""(task id, before, after, actor, note), as `engine.rows.add_events` takes it."""

PLACES: Final = 10
"""Of `sequence` per version of a task: the events of one move have numbers of their own."""
_OF_STATUS: Final[Mapping[str, tuple[int, WebhookType]]] = {
    Status.DONE: (0, WebhookType.TASK_DONE),
    Status.FAILED: (0, WebhookType.TASK_FAILED),
    Status.CANCELLED: (0, WebhookType.TASK_CANCELLED),
}
_CHANGED: Final = (1, WebhookType.TASK_CHANGED)
_NEEDS_ATTENTION: Final = (2, WebhookType.TASK_NEEDS_ATTENTION)
_FIELDS: Final = (
    "pk", "team_id", "clinic_id", "batch_id", "batch__announced_at", "submission__request_id",
    "client_reference", "status", "outcome", "failure", "review", "version", "test_mode",
    "is_search", "finished_at", "payer__code",
)  # fmt: skip


def announce(moves: Sequence[Move]) -> int:
    """Keep the news of these moves, which the caller's transaction has made. Returns how many."""
    ended = [move for move in moves if move[2] in FINAL and move[1] != move[2]]
    wanted = outbox.wanted_types() if ended else frozenset()
    if not wanted:
        return 0
    rows = list(_rows([move[0] for move in ended]))
    if not rows:
        return 0
    changed = _changed(ended, rows) if WebhookType.TASK_CHANGED in wanted else {}
    _end_anew({row["batch_id"] for row in rows if row["batch__announced_at"] is not None})
    return outbox.put([news for row in rows for news in _news(row, changed)])


def _changed(moves: Sequence[Move], rows: Sequence[Mapping[str, Any]]) -> dict[UUID, str]:
    """Only what somebody was asked for can be new: its move's note is the answer's outcome."""
    answered = {move[0] for move in moves if move[2] == Status.DONE and move[4] in Outcome.values}
    return changed_since(answered & {row["pk"] for row in rows})


def _rows(ids: Collection[UUID]) -> Any:
    """Those that have ended, of teams that listen. The paths of a search are its own matter."""
    listens = WebhookEndpoint.objects.listening().filter(team=OuterRef("team"))
    tasks = EligibilityTask.objects.with_ids(ids).filter(
        Exists(listens), parent=None, status__in=FINAL
    )
    return tasks.order_by("pk").values(*_FIELDS)


def _end_anew(batches: Collection[UUID]) -> None:
    """A batch that was told to have ended, and had one more row since, ends once more."""
    if batches:
        Batch.objects.filter(pk__in=batches).update(announced_at=None)


def _news(row: Mapping[str, Any], changed: Mapping[UUID, str]) -> Iterator[News]:
    """What there is to tell of one row, in the order of its sequence."""
    said = _said(row)
    yield _one(row, _OF_STATUS[row["status"]], said)
    if row["pk"] in changed:
        before = {"previous_result": words.answer_word(changed[row["pk"]], "")}
        yield _one(row, _CHANGED, {**said, **before})
    if row["review"] == Review.NEEDS_ATTENTION:
        yield _one(row, _NEEDS_ATTENTION, said)


def _one(row: Mapping[str, Any], kind: tuple[int, WebhookType], said: Mapping[str, Any]) -> News:
    place, event_type = kind
    sequence = row["version"] * PLACES + place
    return News(
        team_id=row["team_id"],
        clinic_id=row["clinic_id"],
        type=event_type.value,
        subject=row["pk"],
        sequence=sequence,
        data={**said, "sequence": sequence},
        request_id=row["submission__request_id"] or "",
    )


def _said(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row in the wire's words: what `eligibility-result` would say, and nobody's name."""
    outcome, failure = row["outcome"], row["failure"]
    has_result = bool(outcome or failure)
    return {
        "task_id": str(row["pk"]),
        "batch_id": str(row["batch_id"]) if row["batch_id"] else None,
        "clinic_id": str(row["clinic_id"]),
        "client_reference": row["client_reference"] or None,
        "tpa_name": row["payer__code"],
        "status": words.work_word(row["status"], failure, partly_answered=False),
        "result": words.answer_word(outcome, failure) if has_result else None,
        "outcome": outcome or None,
        "failure": failure or None,
        "error_type": words.error_type(outcome, failure) if has_result else None,
        "needs_attention": row["review"] == Review.NEEDS_ATTENTION,
        "is_search_all": row["is_search"],
        "test_mode": row["test_mode"],
        "finished_at": row["finished_at"].isoformat() if row["finished_at"] else None,
        "request_id": row["submission__request_id"] or None,
    }
