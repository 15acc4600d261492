"""Old events go, with their deliveries: the log is for looking back, not for keeping."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal.models import WebhookDelivery, WebhookEvent

KEPT_FOR: Final = timedelta(days=30)
"""Ten times as long as an event is tried. One that waits for a paused endpoint goes, too."""
_MOST: Final = 500


@transaction.atomic
def prune() -> int:
    """Delete some of the oldest events that nobody needs any more. Returns how many.

    Ids begin with their milliseconds, so the oldest are found without an index of their own.
    """
    first_kept = UUID(int=int((timezone.now() - KEPT_FOR).timestamp() * 1000) << 80)
    old = list(
        WebhookEvent.objects.filter(pk__lt=first_kept)
        .order_by("pk")
        .values_list("pk", flat=True)[:_MOST]
    )
    if old:
        WebhookDelivery.objects.filter(event__in=old).delete()
        WebhookEvent.objects.filter(pk__in=old).delete()
    return len(old)
