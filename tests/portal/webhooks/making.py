"""Endpoints, events, and short ways to send what is due."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from portal.models import Clinic, Team, WebhookDelivery, WebhookEndpoint, WebhookType
from portal.outgoing import OutgoingGuard, networks_of
from portal.webhooks import outbox
from portal.webhooks.courier import Courier
from portal.webhooks.operations import create_endpoint
from portal.webhooks.outbox import News
from portal.webhooks.sender import Sender
from tests.factories import make_team

LOOPBACK = ("127.0.0.0/8",)
_numbers = itertools.count(1)


def make_endpoint(
    team: Team | None = None, url: str = "https://hooks.example/in", **fields: Any
) -> WebhookEndpoint:
    """An endpoint that hears of everything."""
    return make_secret_endpoint(team, url, **fields)[0]


def make_secret_endpoint(
    team: Team | None = None, url: str = "https://hooks.example/in", **fields: Any
) -> tuple[WebhookEndpoint, str]:
    """The same, with its secret."""
    made = create_endpoint(team=team or make_team(), url=url, actor="", **fields)
    assert made is not None
    return made


def make_news(
    endpoint: WebhookEndpoint,
    event_type: str = WebhookType.TASK_DONE.value,
    *,
    subject: uuid.UUID | None = None,
    sequence: int | None = None,
    clinic: Clinic | None = None,
    **data: Any,
) -> News:
    """Something that happened in the endpoint's team."""
    return News(
        team_id=endpoint.team_id,
        clinic_id=clinic.pk if clinic else None,
        type=event_type,
        subject=subject or uuid.uuid4(),
        sequence=sequence or next(_numbers),
        data=data,
        request_id="request-1",
    )


def put(endpoint: WebhookEndpoint, count: int = 1, **fields: Any) -> list[WebhookDelivery]:
    """So many events in the outbox, each of a subject of its own."""
    for _ in range(count):
        outbox.put([make_news(endpoint, **fields)])
    return list(WebhookDelivery.objects.filter(endpoint=endpoint).order_by("pk"))


def send_due(*, deadline: float = 5.0, box: float = 5.0) -> int:
    """One sender's run; it may call this machine."""
    courier = Courier(OutgoingGuard(allowed=networks_of(LOOPBACK)), deadline=deadline)
    try:
        return Sender(courier, box=box).run()
    finally:
        courier.close()


def make_due(*deliveries: WebhookDelivery) -> None:
    """Let these, or all that are pending, be due now, without waiting."""
    rows = WebhookDelivery.objects.pending()
    if deliveries:
        rows = rows.filter(pk__in=[each.pk for each in deliveries])
    rows.update(next_at=timezone.now() - timedelta(seconds=1))
