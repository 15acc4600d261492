"""What webhooks tell Prometheus: how much waits, since when, and who takes nothing any more."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from portal.models import WebhookDelivery, WebhookEndpoint

_WAITS = ("webhook_pending", "Events that are not delivered yet, of endpoints that are sent to.")
_OLDEST = ("webhook_oldest_pending_seconds", "How long the first of them waits.")
_ENDPOINTS = ("webhook_endpoints", "Endpoints by state.")


class WebhookCollector(Collector):
    """Asks the database at each scrape."""

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: there may be no database yet when the collector is registered."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What waits, then the endpoints."""
        sent_to = WebhookEndpoint.objects.sending()
        waiting = WebhookDelivery.objects.pending().filter(endpoint__in=sent_to)
        found = waiting.aggregate(count=Count("pk"), since=Min("created_at"))
        now = timezone.now()
        age = max(0.0, (now - found["since"]).total_seconds()) if found["since"] else 0.0
        yield GaugeMetricFamily(*_WAITS, value=found["count"])
        yield GaugeMetricFamily(*_OLDEST, value=age)
        states = GaugeMetricFamily(*_ENDPOINTS, labels=["state"])
        everybody = WebhookEndpoint.objects.only("paused_at", "disabled_at")
        counted = [each.state() for each in everybody]
        for state in ("enabled", "paused", "disabled"):
            states.add_metric([state], counted.count(state))
        yield states
