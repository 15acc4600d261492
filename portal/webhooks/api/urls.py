"""Addresses of webhooks, below /v2/api-integration/."""

from __future__ import annotations

from typing import Any

from django.urls import path

from portal.webhooks.api.views import DeliveryViewSet, WebhookViewSet


def _webhook(**actions: str) -> Any:
    return WebhookViewSet.as_view(dict(actions))


_replay = DeliveryViewSet.as_view({"post": "replay"})
_ONE = "webhooks/<str:webhook_id>"

urlpatterns = [
    path("webhooks", _webhook(get="list", post="create"), name="webhooks"),
    path(_ONE, _webhook(get="retrieve", patch="partial_update", delete="destroy"), name="webhook"),
    path(f"{_ONE}/rotate", _webhook(post="rotate"), name="rotate-webhook"),
    path(f"{_ONE}/pause", _webhook(post="pause"), name="pause-webhook"),
    path(f"{_ONE}/enable", _webhook(post="enable"), name="enable-webhook"),
    path(f"{_ONE}/test", _webhook(post="test"), name="test-webhook"),
    path(
        f"{_ONE}/deliveries",
        DeliveryViewSet.as_view({"get": "list"}),
        name="webhook-deliveries",
    ),
    path("deliveries/<str:delivery_id>/replay", _replay, name="replay-delivery"),
]
