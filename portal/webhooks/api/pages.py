"""How webhooks appear on the OpenAPI page."""

from __future__ import annotations

from functools import partial
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from portal.api.described import PAGED, with_example
from portal.api.done import done
from portal.models import DeliveryState
from portal.webhooks.api import shapes

TAG = "Webhooks"
_WEBHOOK: dict[str, Any] = {
    "id": "01934f6e-6c1a-7c41-8d52-5d6f0c8f4a10",
    "url": "https://his.example/hooks/eligibility",
    "description": "Front desk system",
    "events": ["task.done", "task.failed", "batch.completed"],
    "clinic_id": "01934f6e-0000-7000-8000-3f1d2b4c5a60",
    "state": "enabled",
    "disabled_reason": None,
    "disabled_at": None,
    "paused_at": None,
    "previous_secret_until": None,
    "created_at": "2026-11-22T09:14:03.120000+00:00",
}
_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105 (of an example)
_DELIVERY: dict[str, Any] = {
    "id": "01934f70-19b2-7b0e-9c47-7d1a2b3c4d5e",
    "event_id": "01934f70-19b2-7a11-8a33-1f2e3d4c5b6a",
    "type": "task.done",
    "occurred_at": "2026-11-22T09:15:41.004000+00:00",
    "data": {
        "task_id": "c5d5093f-8c49-4b6b-a83e-f90b6af7dee8",
        "client_reference": "A-1",
        "status": "PROCESS_COMPLETE",
        "result": "found",
        "sequence": 20,
    },
    "state": "pending",
    "attempts": 1,
    "last_attempt_at": "2026-11-22T09:15:41.480000+00:00",
    "last_status": 503,
    "last_error": "Answered 503.",
    "milliseconds": 84,
    "next_attempt_at": "2026-11-22T09:15:46.564000+00:00",
    "delivered_at": None,
    "created_at": "2026-11-22T09:15:41.004000+00:00",
}


_page = partial(with_example, tag=TAG)

list_webhooks = _page(
    "list_webhooks",
    "Where events are sent",
    shapes.WebhookPage,
    {"items": [_WEBHOOK], "next": None},
    parameters=PAGED,
    description="Newest first.",
)
create_webhook = _page(
    "create_webhook",
    "Have events sent to an address",
    shapes.WebhookSecret,
    done("Webhook created.", webhook=_WEBHOOK, secret=_SECRET),
    {"url": _WEBHOOK["url"], "events": _WEBHOOK["events"]},
    request=shapes.NewWebhook,
    description="Signed as Standard Webhooks, at least once, in order for each task. The `secret` "
    "is shown only now. 409 when the team has 20 already.",
)
get_webhook = _page("get_webhook", "One webhook", shapes.Webhook, _WEBHOOK)
change_webhook = _page(
    "change_webhook",
    "Change a webhook",
    shapes.Webhook,
    _WEBHOOK | {"events": []},
    {"events": []},
    request=shapes.WebhookChanges,
    description="Only the fields that change; they hold for events from now on, the address also "
    "for those on their way.",
)
delete_webhook = extend_schema(
    operation_id="delete_webhook",
    summary="Take a webhook away",
    tags=[TAG],
    request=None,
    responses={204: OpenApiResponse(description="It is gone, with its log of deliveries.")},
    description="What was not delivered yet never will be.",
)
rotate_webhook = _page(
    "rotate_webhook",
    "Give a webhook a new secret",
    shapes.WebhookSecret,
    done("The secret was rotated.", webhook=_WEBHOOK, secret=_SECRET),
    description="The `secret` is shown only now. For 24 hours every call is signed with both.",
)
pause_webhook = _page(
    "pause_webhook",
    "Pause a webhook",
    shapes.WebhookDone,
    done("Webhook paused.", webhook=_WEBHOOK | {"state": "paused"}),
    description="Nothing is sent; what happens meanwhile waits, for up to 30 days.",
)
enable_webhook = _page(
    "enable_webhook",
    "Enable a webhook again",
    shapes.WebhookDone,
    done("Webhook enabled.", webhook=_WEBHOOK),
    description="After a pause, or when it was disabled. What waits is sent at once; what happened "
    "while it was disabled was not kept.",
)
test_webhook = _page(
    "test_webhook",
    "Send a test event",
    shapes.DeliveryDone,
    done(
        "A test event is on its way.",
        delivery=_DELIVERY
        | {"type": "webhook.test", "data": {"webhook_id": _WEBHOOK["id"], "sequence": 1}},
    ),
    description="A `webhook.test` event, signed like any other; how it went is in `deliveries`. "
    "409 while nothing is sent to it.",
)
list_deliveries = _page(
    "list_deliveries",
    "What was sent to a webhook",
    shapes.DeliveryPage,
    {"items": [_DELIVERY], "next": None},
    parameters=[
        OpenApiParameter(
            "state", OpenApiTypes.STR, enum=["all", *DeliveryState.values],
            description="Those in this state; all unless given.",
        ),
        *PAGED,
    ],
    description="Newest first; kept for 30 days.",
)  # fmt: skip
replay_delivery = _page(
    "replay_delivery",
    "Send an event again",
    shapes.DeliveryDone,
    done("The event is sent again.", delivery=_DELIVERY),
    description="Under the same `webhook-id`, with the same body. 409 while it is on its way.",
)
