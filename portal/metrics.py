"""Numbers for Prometheus: what this web server did, and what each app can tell.

Under gunicorn the processes share their counts through files (`PROMETHEUS_MULTIPROC_DIR`, set in
gunicorn.conf.py), so a scrape of one tells of all. No label ever holds an id or a patient.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

GetResponse = Callable[[HttpRequest], HttpResponse]
_LABELS: Final = ("method", "route")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_requests = Counter("portal_http_requests", "Requests answered.", (*_LABELS, "status"))
_seconds = Histogram(
    "portal_http_request_seconds", "How long the answers took.", _LABELS, buckets=_SECONDS
)
_collectors: list[Collector] = []


def register(collector: Collector) -> None:
    """Let an app's own numbers be part of `/metrics`; it is asked at each scrape."""
    _collectors.append(collector)


class MetricsMiddleware:
    """Counts requests by method, route and status."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The route is the pattern of the address, never the address itself."""
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        method = request.method if request.method in _METHODS else "other"
        route = match.route if match is not None else "none"
        _requests.labels(method, route, response.status_code).inc()
        _seconds.labels(method, route).observe(time.perf_counter() - began)
        return response


@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """`/metrics`: for the holder of METRICS_TOKEN; without one, for this machine alone."""
    if not _may_read(request):
        return HttpResponse("Not for you.\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    for collector in _collectors:
        registry.register(collector)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if token:
        sent = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return hmac.compare_digest(sent.encode(), token.encode())
    if "x-forwarded-for" in request.headers:
        return False  # a proxy on this machine asks for somebody else
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
