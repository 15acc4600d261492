"""The page of one webhook: how it stands, and the log of its deliveries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from portal.admin.webhooks.lists import CRUMB
from portal.admin.webhooks.reading import own_endpoint, read_endpoints
from portal.admin.webhooks.words import (
    answer_words,
    delivery_badge,
    endpoint_badge,
    event_word,
    hears_of,
    why_not_sent,
)
from portal.admin_site import Capability, Page, page
from portal.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from portal.moments import at, at_second
from portal.people import names_of
from portal.roles import zone_of

ROWS_A_PAGE = 50
MOST = 1_000
"""Deliveries that the log counts and leads to."""

STATES = [
    (DeliveryState.PENDING.value, "Waiting"),
    (DeliveryState.DELIVERED.value, "Delivered"),
    (DeliveryState.FAILED.value, "Given up"),
]


@page("webhooks/<uuid:pk>/", name="webhook", capability=Capability.MANAGE_WEBHOOKS)
class WebhookPage(Page):
    """One endpoint with its log, the newest first."""

    title = "Webhook"
    template_name = "portal/webhooks/endpoint.html"
    crumbs = (CRUMB,)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The endpoint, and a page of its deliveries."""
        endpoint = own_endpoint(self.request, self.kwargs["pk"])
        zone = zone_of(self.request.user)
        state = self.request.GET.get("state", "")
        state = state if state in dict(STATES) else ""
        (view,) = read_endpoints([endpoint], timezone.now())
        rows = _log(endpoint, state)
        here = Paginator(range(min(rows[: MOST + 1].count(), MOST)), ROWS_A_PAGE).get_page(
            self.request.GET.get("page")
        )
        first = max(here.start_index() - 1, 0)
        found = rows.select_related("event")[first : first + ROWS_A_PAGE]
        return super().get_context_data(
            endpoint=endpoint,
            view=view,
            badge=endpoint_badge(endpoint),
            why=why_not_sent(endpoint, zone),
            facts=_facts(endpoint, zone),
            links=_links(endpoint),
            states=STATES,
            state=state,
            here=here,
            query=urlencode({"state": state}) if state else "",
            lines=[_line(delivery, zone) for delivery in found],
            **kwargs,
        )


def _log(endpoint: WebhookEndpoint, state: str) -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-created_at", "-pk")
    return rows.filter(state=state) if state else rows


def _facts(endpoint: WebhookEndpoint, zone: ZoneInfo) -> list[tuple[str, str]]:
    who = names_of([endpoint.created_by]).get(endpoint.created_by, "")
    made = at(endpoint.created_at, zone)
    signed = "With one secret"
    if endpoint.rotating():
        signed = f"With two secrets, the old one until {at(endpoint.previous_until, zone)}"
    return [
        ("What it is for", endpoint.description or "–"),
        ("Hears of", ", ".join(hears_of(endpoint))),
        ("Of", endpoint.clinic.name if endpoint.clinic else "The whole team"),
        ("Signed", signed),
        ("Made", f"{made} by {who}" if who else made),
    ]


def _links(endpoint: WebhookEndpoint) -> dict[str, str]:
    """What can be done with it as it stands."""
    names = ["change", "rotate", "delete"]
    match endpoint.state():
        case "enabled":
            names += ["test", "pause", "disable"]
        case "paused":
            names += ["enable", "disable"]
        case _:
            names += ["enable"]
    return {name: reverse(f"admin:webhook_{name}", args=[endpoint.pk]) for name in names}


def _line(delivery: WebhookDelivery, zone: ZoneInfo) -> dict[str, Any]:
    is_open = delivery.state == DeliveryState.PENDING
    event = delivery.event
    replay = "" if is_open else reverse("admin:webhook_replay", args=[delivery.pk])
    return {
        "id": str(event.pk),
        "word": event_word(event.type),
        "type": event.type,
        "at": at_second(event.occurred_at, zone),
        "badge": delivery_badge(delivery),
        "tries": delivery.attempts,
        "answer": answer_words(delivery),
        "next": at_second(delivery.next_at, zone) if is_open and delivery.last_error else "",
        "data": json.dumps(event.data, indent=2, ensure_ascii=False),
        "replay": replay,
    }
