"""What came in as one request or file, told once all its rows are in: looked for by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Min, OuterRef
from django.db.models.functions import Now

from portal.models import FileImport, Submission, WebhookEndpoint
from portal.webhooks import outbox
from portal.webhooks.outbox import News

_AT_ONCE: Final = 200
"""Submissions told in one beat; the others follow in the next ones."""


def listening_teams() -> dict[str, datetime]:
    """Since when each team has somebody who listens."""
    endpoints = WebhookEndpoint.objects.listening().order_by().values_list("team")
    return dict(endpoints.annotate(since=Min("listens_from")))


def look_for(kind: str, event_type: str, data: Callable[[Submission], dict[str, Any]]) -> int:
    """Tell of what came in of this kind since a team listens, each once. Returns how many."""
    told = 0
    coming_in = FileImport.objects.filter(submission=OuterRef("pk"), finished_at=None)
    for team_id, since in listening_teams().items():
        mine = Submission.objects.filter(
            ~Exists(coming_in), kind=kind, team=team_id, created_at__gte=since, announced_at=None
        )
        for submission in mine.order_by("created_at")[:_AT_ONCE]:
            told += _tell(submission, event_type, data(submission))
    return told


@transaction.atomic
def _tell(submission: Submission, event_type: str, data: dict[str, Any]) -> bool:
    """Compare-and-swap: ours to tell, if nobody has told it yet."""
    untold = Submission.objects.filter(pk=submission.pk, announced_at=None)
    if not untold.update(announced_at=Now()):
        return False
    news = News(
        team_id=submission.team_id,
        clinic_id=None,
        type=event_type,
        subject=submission.pk,
        sequence=1,
        data={**data, "request_id": submission.request_id or None, "sequence": 1},
        request_id=submission.request_id,
    )
    return bool(outbox.put([news]))
