"""Webhooks as their pages show them, read in a fixed number of queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest

from portal.models import DeliveryState, DisabledReason, WebhookDelivery, WebhookEndpoint

LATELY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EndpointView:
    """One endpoint, its newest delivery, and what came of those of the last 24 hours."""

    endpoint: WebhookEndpoint
    last: WebhookDelivery | None
    delivered: int
    failed: int
    waiting: int


def own_endpoints(request: HttpRequest) -> QuerySet[WebhookEndpoint]:
    """Those of the person's team; who looks after the machine sees every team's."""
    user: Any = request.user
    rows = WebhookEndpoint.objects.select_related("clinic", "team")
    rows = rows.order_by("-created_at", "-pk")
    if user.team_id is None:
        return rows if user.is_superuser else rows.none()
    return rows.filter(team_id=user.team_id)


def own_endpoint(request: HttpRequest, pk: uuid.UUID) -> WebhookEndpoint:
    """One of them. Raises Http404."""
    endpoint = own_endpoints(request).filter(pk=pk).first()
    if endpoint is None:
        raise Http404("no such webhook")
    return endpoint


def read_endpoints(endpoints: Iterable[WebhookEndpoint], now: datetime) -> list[EndpointView]:
    """How these stand, in their order: two queries, however many there are."""
    known = list(endpoints)
    counts = _counts(known, now)
    last = _newest(known)
    return [
        EndpointView(
            endpoint=each,
            last=last.get(each.pk),
            delivered=counts[each.pk][DeliveryState.DELIVERED],
            failed=counts[each.pk][DeliveryState.FAILED],
            waiting=counts[each.pk][DeliveryState.PENDING],
        )
        for each in known
    ]


def _counts(
    endpoints: Sequence[WebhookEndpoint], now: datetime
) -> defaultdict[uuid.UUID, defaultdict[str, int]]:
    """Deliveries of the last 24 hours by endpoint and state."""
    lately = WebhookDelivery.objects.filter(
        endpoint__in=endpoints, created_at__gte=now - LATELY
    ).order_by()
    counts: defaultdict[uuid.UUID, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pk, state, count in lately.values_list("endpoint", "state").annotate(Count("pk")):
        counts[pk][state] = count
    return counts


def _newest(endpoints: Sequence[WebhookEndpoint]) -> dict[uuid.UUID, WebhookDelivery]:
    """The newest delivery of each, each found in the index of its endpoint."""
    mine = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
    first = mine.order_by("-created_at", "-pk").values("pk")[:1]
    ids = WebhookEndpoint.objects.filter(pk__in=[each.pk for each in endpoints]).values_list(
        Subquery(first), flat=True
    )
    newest = WebhookDelivery.objects.filter(pk__in=ids).select_related("event")
    return {each.endpoint_id: each for each in newest}


def switched_off(teams: Iterable[Any]) -> list[WebhookEndpoint]:
    """The teams' endpoints that the portal switched off by itself, the newest first."""
    by_itself = [DisabledReason.FAILING, DisabledReason.GONE]
    found = WebhookEndpoint.objects.filter(team__in=teams, disabled_reason__in=by_itself)
    return list(found.order_by("-disabled_at", "-pk"))
