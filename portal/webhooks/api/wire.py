"""Endpoints and deliveries as integrators read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.models import WebhookDelivery, WebhookEndpoint


def webhook(found: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint, without its secret."""
    return {
        "id": str(found.pk),
        "url": found.url,
        "description": found.description or None,
        "events": list(found.event_types),
        "clinic_id": str(found.clinic_id) if found.clinic_id else None,
        "state": found.state(),
        "disabled_reason": found.disabled_reason or None,
        "disabled_at": _moment(found.disabled_at),
        "paused_at": _moment(found.paused_at),
        "previous_secret_until": _moment(found.previous_until) if found.rotating() else None,
        "created_at": _moment(found.created_at),
    }


def delivery(found: WebhookDelivery) -> dict[str, Any]:
    """One event on its way to an endpoint; it came with its event."""
    return {
        "id": str(found.pk),
        "event_id": str(found.event_id),
        "type": found.event.type,
        "occurred_at": _moment(found.event.occurred_at),
        "data": found.event.data,
        "state": found.state,
        "attempts": found.attempts,
        "last_attempt_at": _moment(found.last_tried_at),
        "last_status": found.last_status,
        "last_error": found.last_error or None,
        "milliseconds": found.milliseconds,
        "next_attempt_at": _moment(found.next_at),
        "delivered_at": _moment(found.delivered_at),
        "created_at": _moment(found.created_at),
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
