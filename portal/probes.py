"""`/healthz` and `/readyz`: what a load balancer and a monitor ask. No key, nothing secret."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import health


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers; asks nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 `ready` or `degraded`; 503 `unavailable` when requests cannot be taken.

    Degraded means that rows are stored but not worked off as they should be: a reason to call
    somebody, and none to turn requests away.
    """
    checks = health.look()
    status = "ready" if all(check.ok for check in checks) else "degraded"
    if not all(check.ok for check in checks if check.essential):
        status = "unavailable"
    body: dict[str, Any] = {
        "status": status,
        "checks": {check.name: {"ok": check.ok, **check.facts} for check in checks},
    }
    return JsonResponse(body, status=503 if status == "unavailable" else 200)
