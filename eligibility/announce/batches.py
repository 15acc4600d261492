"""Batches that have ended, looked for by the clock: no single row's move knows that it is the last.

Looked at are the batches of teams that listen, from the moment they do. Of each one an unfinished
row is remembered, and while that is one nothing else is asked about the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from eligibility.choices import FINAL
from eligibility.models import Batch, EligibilityTask
from eligibility.querysets import batch_status
from eligibility.wire import words
from portal.models import FileImport, WebhookType
from portal.webhooks import outbox
from portal.webhooks.outbox import News
from portal.webhooks.submissions import listening_teams

_AT_ONCE: Final = 200
"""Batches whose rows are looked through in one beat; the others follow in the next ones."""
_unfinished: dict[UUID, UUID] = {}
"""Of a batch the row that was seen to be unfinished last: this process's memory, and no more."""


def look() -> int:
    """Tell of the batches that have ended since the last look. Returns how many."""
    open_ones = _open_batches()
    for gone in _unfinished.keys() - set(open_ones):
        del _unfinished[gone]
    waiting = {batch: _unfinished[batch] for batch in open_ones if batch in _unfinished}
    still = _still_unfinished(waiting)
    doubtful = [batch for batch in open_ones if batch not in still]
    return sum(_tell_if_ended(batch) for batch in doubtful[:_AT_ONCE])


def _open_batches() -> list[UUID]:
    """Batches that have not been told of, of teams that listen, made since they do."""
    found: list[UUID] = []
    for team_id, moment in listening_teams().items():
        mine = Batch.objects.filter(team=team_id, created_at__gte=moment, announced_at=None)
        found += mine.order_by("created_at").values_list("pk", flat=True)
    return found


def _still_unfinished(waiting: Mapping[UUID, UUID]) -> set[UUID]:
    """The batches whose remembered row has not ended yet; one query for all of them."""
    if not waiting:
        return set()
    rows = EligibilityTask.objects.with_ids(waiting.values()).exclude(status__in=FINAL)
    open_rows = set(rows.values_list("pk", flat=True))
    return {batch for batch, row in waiting.items() if row in open_rows}


def _tell_if_ended(batch_id: UUID) -> bool:
    """Tell of a batch whose rows have all ended, once; remember a row that has not."""
    rows = EligibilityTask.objects.filter(batch=batch_id, parent=None).exclude(status__in=FINAL)
    # From the end: rows are asked in their order, so the last one mostly ends last.
    unfinished = rows.order_by("-line").values_list("pk", flat=True).first()
    if unfinished is not None:
        _unfinished[batch_id] = unfinished
        return False
    _unfinished.pop(batch_id, None)
    with transaction.atomic():
        if not _mark(batch_id):
            return False
        return bool(outbox.put([_news(batch_id)]))


def _mark(batch_id: UUID) -> bool:
    """Compare-and-swap: ours to tell, if it has ended and nobody has told it yet."""
    rows = EligibilityTask.objects.filter(batch=OuterRef("pk"), parent=None)
    coming_in = FileImport.objects.filter(submission=OuterRef("submission"), finished_at=None)
    ended = Batch.objects.filter(
        ~Exists(rows.exclude(status__in=FINAL)), ~Exists(coming_in), Exists(rows)
    )
    return bool(
        ended.filter(pk=batch_id, announced_at=None).update(
            announced_at=Now(), announcements=F("announcements") + 1
        )
    )


def _news(batch_id: UUID) -> News:
    batch: Any = Batch.objects.filter(pk=batch_id).with_counts().select_related("submission").get()
    request_id = batch.submission.request_id if batch.submission else ""
    ended = batch.last_finished_at
    return News(
        team_id=batch.team_id,
        clinic_id=batch.clinic_id,
        type=WebhookType.BATCH_COMPLETED.value,
        subject=batch_id,
        sequence=batch.announcements,
        data={
            "batch_id": str(batch_id),
            "clinic_id": str(batch.clinic_id),
            "batch_status": words.batch_word(batch_status(batch, timezone.now())),
            "total_tasks": batch.total,
            **_counts(batch_id),
            "completed_at": ended.isoformat() if ended else None,
            "request_id": request_id or None,
            "sequence": batch.announcements,
        },
        request_id=request_id,
    )


def _counts(batch_id: UUID) -> dict[str, Any]:
    """How many rows came to which end: by status, by what is answered, by failure."""
    rows = EligibilityTask.objects.filter(batch=batch_id, parent=None).order_by()

    def by(name: str) -> dict[str, int]:
        return dict(rows.filter(~Q(**{name: ""})).values_list(name).annotate(n=Count("pk")))

    return {
        "by_status": by("status"),
        "by_outcome": by("outcome"),
        "by_failure": by("failure"),
        "needs_attention": rows.filter(review="needs_attention").count(),
    }
