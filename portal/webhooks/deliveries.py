"""Deliveries that are due: who may make which, and what became of them.

A try is claimed before it is made: its number rises and `next_at` moves behind the longest time
that it can take. A sender that dies meanwhile leaves it as it is, and it is made again: an event
is sent at least once, and always under the same id.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, QuerySet
from django.db.models.functions import Now

from portal import audit
from portal.models import (
    DeliveryState,
    DisabledReason,
    Verb,
    WebhookDelivery,
    WebhookEndpoint,
)
from portal.sealing import Unopenable, unseal
from portal.webhooks.courier import Parcel, Receipt
from portal.webhooks.schedule import next_after
from portal.webhooks.signing import body_of, headers_of

LEASE: Final = timedelta(seconds=45)
"""Longer than any call takes: a try without a receipt for so long is made again."""
GONE: Final = 410
_LOOK_AHEAD: Final = 4
"""Times the room: so many rows are looked at, for some may have to wait for others of them."""


def due() -> QuerySet[WebhookDelivery]:
    """Deliveries whose time has come, to endpoints that are sent to."""
    waiting = WebhookDelivery.objects.pending().filter(next_at__lte=Now())
    return waiting.filter(endpoint__in=WebhookEndpoint.objects.sending())


def due_endpoints() -> list[WebhookEndpoint]:
    """The endpoints that something is due for."""
    mine = WebhookDelivery.objects.pending().filter(next_at__lte=Now(), endpoint=OuterRef("pk"))
    return list(WebhookEndpoint.objects.sending().filter(Exists(mine)).order_by("pk"))


@transaction.atomic
def claim(endpoint: WebhookEndpoint, room: int) -> list[Parcel]:
    """At most `room` tries of what is due for an endpoint, the oldest first, ready to go.

    A later event of a subject waits for the earlier ones to the same endpoint. That is looked up
    for the few rows at hand: as part of the search for them it would be up to the planner's luck.
    """
    waiting = WebhookDelivery.objects.pending().filter(endpoint=endpoint, next_at__lte=Now())
    oldest = waiting.select_related("event").order_by("next_at", "pk")
    found = list(oldest.select_for_update(skip_locked=True, of=("self",))[: room * _LOOK_AHEAD])
    first = _first_of({each.subject for each in found}, endpoint)
    found = [each for each in found if each.sequence == first[each.subject]][:room]
    if not found:
        return []
    ours = WebhookDelivery.objects.filter(pk__in=[each.pk for each in found])
    ours.update(attempts=F("attempts") + 1, next_at=Now() + LEASE, last_tried_at=Now())
    try:
        live = live_secrets(endpoint)
    except Unopenable:
        return _not_opened(found)
    return [_parcel(endpoint, each, live) for each in found]


def _first_of(subjects: Collection[UUID], endpoint: WebhookEndpoint) -> dict[UUID, int]:
    """The sequence of the first pending event of each subject, of those to this endpoint."""
    rows = WebhookDelivery.objects.pending().filter(subject__in=subjects).order_by()
    firsts = rows.values_list("subject", "endpoint").annotate(Min("sequence"))
    return {subject: first for subject, place, first in firsts if place == endpoint.pk}


def live_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """The secrets that sign today, the newest first. Raises Unopenable."""
    sealed = [endpoint.secret]
    if endpoint.rotating():
        sealed.append(endpoint.previous_secret)
    return [unseal(each) for each in sealed]


def _parcel(endpoint: WebhookEndpoint, delivery: WebhookDelivery, live: Sequence[str]) -> Parcel:
    event = delivery.event
    body = body_of(event.type, event.occurred_at, event.data)
    headers = headers_of(str(event.pk), int(time.time()), body, live, event.request_id)
    return Parcel(delivery.pk, endpoint.pk, delivery.attempts + 1, endpoint.url, headers, body)


def _not_opened(found: Iterable[WebhookDelivery]) -> list[Parcel]:
    """No key of the portal opens the secret: nothing is sent unsigned, the try has failed."""
    for each in found:
        _write(each.pk, each.attempts + 1, None, "The secret cannot be read: rotate it.", None)
    return []


@transaction.atomic
def mark(receipts: Sequence[Receipt]) -> int:
    """Write how tries ended, each only where no other try has begun. Returns how many were.

    Endpoints that said that they are gone, or have not taken an event at its last try, are
    disabled, with an entry in the audit log.
    """
    marked, spent = 0, {}
    for each in sorted(receipts, key=lambda receipt: receipt.parcel.delivery_id):
        parcel = each.parcel
        marked += _write(
            parcel.delivery_id, parcel.attempt, each.status, each.error, each.milliseconds
        )
        if each.status == GONE:
            spent[parcel.endpoint_id] = DisabledReason.GONE
        elif not each.is_taken and next_after(parcel.attempt) is None:
            spent.setdefault(parcel.endpoint_id, DisabledReason.FAILING)
    for endpoint_id, reason in sorted(spent.items()):
        _disable(endpoint_id, reason)
    return marked


def _write(pk: UUID, attempt: int, status: int | None, error: str, milliseconds: int | None) -> int:
    """One try's end."""
    mine = WebhookDelivery.objects.pending().filter(pk=pk, attempts=attempt)
    after = None if status == GONE else next_after(attempt)
    ends: dict[str, Any]
    if not error:
        ends = {"state": DeliveryState.DELIVERED, "next_at": None, "delivered_at": Now()}
    elif after is None:
        ends = {"state": DeliveryState.FAILED, "next_at": None}
    else:
        ends = {"next_at": Now() + timedelta(seconds=after)}
    written = mine.update(
        last_status=status, last_error=error[:200], milliseconds=milliseconds, **ends
    )
    if written and after is not None and error:
        _put_off_later(pk)
    return written


def _put_off_later(pk: UUID) -> None:
    """Let the later events of the subject be due with the one that they wait for, not before."""
    first = WebhookDelivery.objects.only("endpoint_id", "subject", "sequence", "next_at").get(pk=pk)
    later = WebhookDelivery.objects.pending().filter(
        endpoint=first.endpoint_id, subject=first.subject, sequence__gt=first.sequence
    )
    later.filter(next_at__lt=first.next_at).update(next_at=first.next_at)


def _disable(endpoint_id: UUID, reason: DisabledReason) -> None:
    """Once, however many of its deliveries say so."""
    mine = WebhookEndpoint.objects.filter(pk=endpoint_id)
    if mine.disable(reason):
        audit.record(
            verb=Verb.DEACTIVATED,
            actor=audit.SYSTEM,
            obj=mine.get(),
            details={"reason": reason.value},
        )
