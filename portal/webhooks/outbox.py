"""What there is to tell, written in the transaction in which it happened.

So an event exists if, and only if, what it tells of does, and no crash between the two loses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from portal import objectid
from portal.intake.insert import insert_rows
from portal.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from portal.models.webhook import SUBSCRIBABLE

_EVENT = ("id", "team_id", "clinic_id", "type", "subject", "sequence", "data", "request_id")
_ALL = tuple(each.value for each in SUBSCRIBABLE)
_ANYBODY = "SELECT 1 FROM portal_webhookendpoint WHERE disabled_at IS NULL LIMIT 1"
_DELIVERY = ("id", "event_id", "endpoint_id", "subject", "sequence", "created_at")


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. `clinic_id` is None for what belongs to a team as a whole.

    `subject` is what it is about; `sequence` rises with every event of a subject. `data` holds
    ids, words and counts, and nothing of a patient.
    """

    team_id: str
    clinic_id: UUID | None
    type: str
    subject: UUID
    sequence: int
    data: Mapping[str, Any]
    request_id: str = ""


def wanted_types() -> frozenset[str]:
    """The types of events that anybody wants to hear; empty when nobody listens.

    Asked at every group of ends, so the usual no costs one bare query, and no ORM around it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ANYBODY)
        if cursor.fetchone() is None:
            return frozenset()
    chosen = WebhookEndpoint.objects.listening().order_by().values_list("event_types", flat=True)
    return frozenset(each for types in chosen for each in types or _ALL)


def put(news: Sequence[News]) -> int:
    """Keep what somebody wants to hear, in the caller's transaction. Returns the deliveries.

    What nobody wants is not kept. The endpoints cannot be deleted before the transaction ends.
    """
    if not news:
        return 0
    endpoints = _listeners({each.team_id for each in news})
    wanted = [
        (each, mine)
        for each in news
        if (mine := [endpoint for endpoint in endpoints if _is_for(each, endpoint)])
    ]
    return _insert(wanted)


def put_for(endpoint: WebhookEndpoint, news: News) -> WebhookDelivery:
    """Keep something for one endpoint alone, whatever it wants to hear."""
    _insert([(news, [endpoint])])
    kept = WebhookDelivery.objects.filter(endpoint=endpoint, subject=news.subject)
    return kept.select_related("event").get(sequence=news.sequence)


def _is_for(news: News, endpoint: WebhookEndpoint) -> bool:
    return (
        endpoint.team_id == news.team_id
        and endpoint.hears_of(news.clinic_id)
        and endpoint.wants(news.type)
    )


def _listeners(teams: Iterable[str]) -> list[WebhookEndpoint]:
    """The teams' endpoints, each kept from being deleted until the transaction ends."""
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    ids = sorted(teams)
    marks = ", ".join(["%s"] * len(ids))
    return list(
        WebhookEndpoint.objects.raw(
            "SELECT id, team_id, clinic_id, event_types FROM portal_webhookendpoint"  # noqa: S608
            f" WHERE disabled_at IS NULL AND team_id IN ({marks}) ORDER BY id{lock}",
            ids,
        )
    )


def _insert(wanted: Sequence[tuple[News, Sequence[WebhookEndpoint]]]) -> int:
    if not wanted:
        return 0
    ids, now = objectid.uuid_batch(len(wanted)), timezone.now()
    insert_rows(
        WebhookEvent,
        _EVENT,
        [
            (pk, each.team_id, each.clinic_id, each.type, each.subject, each.sequence,
             dict(each.data), each.request_id)
            for pk, (each, _) in zip(ids, wanted, strict=True)
        ],
    )  # fmt: skip
    return insert_rows(
        WebhookDelivery,
        _DELIVERY,
        [
            (objectid.new_uuid(), pk, endpoint.pk, each.subject, each.sequence, now)
            for pk, (each, endpoints) in zip(ids, wanted, strict=True)
            for endpoint in endpoints
        ],
    )
