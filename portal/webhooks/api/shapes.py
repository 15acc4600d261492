"""The shapes of webhooks, for the OpenAPI page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from portal.models.webhook import SUBSCRIBABLE, DeliveryState, DisabledReason, WebhookType
from portal.webhooks.schedule import RETRIES

_TYPES = ", ".join(f"`{each.value}`" for each in SUBSCRIBABLE)


class _Shape(BaseModel):
    """Exactly the documented keys."""

    model_config = ConfigDict(extra="forbid")


class WebhookChanges(_Shape):
    """An endpoint's fields; those that are left out stay as they are."""

    url: str = Field(default="", max_length=500, description="A public https:// address.")
    description: str | None = Field(default=None, max_length=200)
    events: list[str] | None = Field(
        default=None, description=f"What to hear of: {_TYPES}. Null or [] for all."
    )
    clinic_id: UUID | None = Field(
        default=None,
        description="The clinic that the request acts for (the default of a new one), or null to "
        "hear of the whole team: only for a key with every clinic of it.",
    )


class NewWebhook(WebhookChanges):
    """An endpoint to be; it needs a `url`."""

    url: str = Field(max_length=500, description="A public https:// address.")


class Webhook(_Shape):
    """An endpoint. Its secret is shown once, by the call that made it."""

    id: UUID
    url: str
    description: str | None
    events: list[str] = Field(description="What it hears of; empty for all.")
    clinic_id: UUID | None = Field(description="Null when it hears of the whole team.")
    state: Literal["enabled", "paused", "disabled"]
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    paused_at: datetime | None
    previous_secret_until: datetime | None = Field(
        description="While both secrets sign, after a rotation."
    )
    created_at: datetime


class WebhookPage(_Shape):
    """Some endpoints, newest first."""

    items: list[Webhook]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class _WithSecret(_Shape):
    """The endpoint, and its new secret."""

    webhook: Webhook
    secret: str = Field(description="`whsec_` and base64: keep it, it is shown only now.")


class WebhookSecret(_Shape):
    """An endpoint was made, or has a new secret."""

    success: Literal[True]
    message: str
    data: _WithSecret


class _OneWebhook(_Shape):
    """The endpoint after a verb."""

    webhook: Webhook


class WebhookDone(_Shape):
    """A verb was carried out."""

    success: Literal[True]
    message: str
    data: _OneWebhook


class WebhookDeliveryShape(_Shape):
    """One event on its way to an endpoint; `event_id` is its `webhook-id`."""

    id: UUID
    event_id: UUID
    type: WebhookType
    occurred_at: datetime
    data: dict[str, Any] = Field(description="As it is sent.")
    state: DeliveryState
    attempts: int
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="What the endpoint answered, if it did.")
    last_error: str | None = Field(description="Why the last try failed, in words.")
    milliseconds: int | None
    next_attempt_at: datetime | None = Field(
        description=f"While it is pending; there are {len(RETRIES)} retries."
    )
    delivered_at: datetime | None
    created_at: datetime


class DeliveryPage(_Shape):
    """Some deliveries, newest first."""

    items: list[WebhookDeliveryShape]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class _OneDelivery(_Shape):
    """The delivery after a verb."""

    delivery: WebhookDeliveryShape


class DeliveryDone(_Shape):
    """A verb was carried out."""

    success: Literal[True]
    message: str
    data: _OneDelivery
