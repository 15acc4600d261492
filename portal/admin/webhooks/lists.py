"""The list of a team's webhooks."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from portal.admin.webhooks.reading import EndpointView, own_endpoints, read_endpoints
from portal.admin.webhooks.words import (
    answer_words,
    delivery_badge,
    endpoint_badge,
    hears_of,
    why_in_short,
)
from portal.admin_site import Capability, Page, page
from portal.moments import age
from portal.roles import zone_of
from portal.webhooks.operations import MOST_ENDPOINTS

CRUMB = ("Webhooks", "admin:webhooks")


@page("webhooks/", name="webhooks", capability=Capability.MANAGE_WEBHOOKS)
class WebhooksPage(Page):
    """Every endpoint of the team: whether events reach it, and what came of the last ones."""

    title = "Webhooks"
    template_name = "portal/webhooks/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """One line an endpoint."""
        user: Any = self.request.user
        views = read_endpoints(own_endpoints(self.request), timezone.now())
        lines = [_line(view, user) for view in views]
        return super().get_context_data(
            lines=lines, is_full=_is_full(user, len(lines)), most=MOST_ENDPOINTS, **kwargs
        )


def _is_full(user: Any, count: int) -> bool:
    return user.team_id is not None and count >= MOST_ENDPOINTS


def _line(view: EndpointView, user: Any) -> dict[str, Any]:
    endpoint, last = view.endpoint, view.last
    return {
        "link": reverse("admin:webhook", args=[endpoint.pk]),
        "url": endpoint.url,
        "description": endpoint.description,
        "where": endpoint.clinic.name if endpoint.clinic else "The whole team",
        "team": "" if user.team_id else endpoint.team.name,
        "badge": endpoint_badge(endpoint),
        "why": why_in_short(endpoint, zone_of(user)),
        "hears_of": hears_of(endpoint),
        "last_badge": last and delivery_badge(last),
        "last_at": last and age(last.created_at, timezone.now()),
        "last_answer": last and answer_words(last),
        "delivered": view.delivered,
        "failed": view.failed,
        "waiting": view.waiting,
    }
