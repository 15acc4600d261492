"""Whose turn it is to send: one job at a time, on whatever machine it runs.

The job is a hint: lost, doubled or late it does no harm. A turn that nobody renews ends by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django_q.brokers import get_broker
from django_q.tasks import async_task

from portal.models import WebhookTurn
from portal.webhooks import deliveries

JOB: Final = "portal.webhooks.jobs.send"
QUEUED_FOR: Final = timedelta(seconds=60)
"""A job that has not begun after so long is taken for lost: longer than a drain before it takes."""
HELD_FOR: Final = timedelta(seconds=20)
"""A turn that was not renewed for so long is somebody else's."""


def wake(host_id: str | None = None) -> bool:
    """Queue a job when something is due and nobody has the turn. True when one was queued.

    With a host it goes down that one's own queue, among its drains: behind the key of the common
    queue it would wait for as long as a single worker has rows to ask about.
    """
    if not deliveries.due().exists():
        return False
    WebhookTurn.objects.get_or_create(pk=1)
    with transaction.atomic():
        free = WebhookTurn.objects.filter(pk=1, until__lte=Now())
        if not free.update(ticket=F("ticket") + 1, until=Now() + QUEUED_FOR):
            return False
        ticket = WebhookTurn.objects.values_list("ticket", flat=True).get(pk=1)
        async_task(JOB, ticket, q_options={"broker": get_broker(host_id), "save": False})
    return True


def hold(ticket: int) -> bool:
    """Show the ticket, and keep the turn for a while; False when it is somebody else's by now."""
    mine = WebhookTurn.objects.filter(pk=1, ticket=ticket)
    return bool(mine.update(until=Now() + HELD_FOR))


def give_back(ticket: int) -> None:
    """Let the next one have it; the ticket opens nothing any more."""
    mine = WebhookTurn.objects.filter(pk=1, ticket=ticket)
    mine.update(ticket=F("ticket") + 1, until=Now())
