"""States of webhooks in words, with icon and colour."""

from __future__ import annotations

from datetime import tzinfo

from portal.badges import Badge
from portal.models import DeliveryState, DisabledReason, WebhookDelivery, WebhookEndpoint
from portal.models.webhook import SUBSCRIBABLE, WebhookType
from portal.moments import at

ENDPOINT = {
    "enabled": Badge("On", "check_circle", "green"),
    "paused": Badge("Paused", "pause_circle", "amber"),
    "disabled": Badge("Off", "do_not_disturb_on", "grey"),
}
SWITCHED_OFF = Badge("Switched off", "error", "red")
"""One that the portal switched off, which somebody should look at."""

DELIVERY = {
    DeliveryState.PENDING: Badge("Waiting", "schedule", "blue"),
    DeliveryState.DELIVERED: Badge("Delivered", "check_circle", "green"),
    DeliveryState.FAILED: Badge("Given up", "error", "red"),
}
TRIED = Badge("Trying again", "autorenew", "amber")
"""One that was not taken yet, and is sent again later."""

WHY_OFF: dict[str, str] = {
    DisabledReason.FAILING: "It did not take an event in three days of tries, so the portal has "
    "stopped sending to it. Put the receiver right, then switch the endpoint on again.",
    DisabledReason.GONE: "Its server answered 410 Gone: nobody listens at this address any more. "
    "Correct the address, or delete the endpoint.",
    DisabledReason.BY_HAND: "Somebody switched it off.",
}
IN_SHORT: dict[str, str] = {
    DisabledReason.FAILING: "It did not take an event in three days of tries.",
    DisabledReason.GONE: "Its server answered 410 Gone.",
    DisabledReason.BY_HAND: "Somebody switched it off.",
}
NOT_KEPT = "What happens while it is off is not kept for it."


def endpoint_badge(endpoint: WebhookEndpoint) -> Badge:
    """Whether events are sent to it."""
    by_itself = endpoint.disabled_reason in {DisabledReason.FAILING, DisabledReason.GONE}
    return SWITCHED_OFF if by_itself else ENDPOINT[endpoint.state()]


def why_not_sent(endpoint: WebhookEndpoint, zone: tzinfo) -> str:
    """Why nothing is sent to it, and since when; empty when events are sent."""
    if endpoint.disabled_at is not None:
        since = at(endpoint.disabled_at, zone)
        return f"Since {since}. {WHY_OFF[endpoint.disabled_reason]} {NOT_KEPT}"
    if endpoint.paused_at is not None:
        return f"Since {at(endpoint.paused_at, zone)}. Events are kept and wait for it."
    return ""


def why_in_short(endpoint: WebhookEndpoint, zone: tzinfo) -> str:
    """The same for a list."""
    if endpoint.disabled_at is None:
        return why_not_sent(endpoint, zone)
    return f"Since {at(endpoint.disabled_at, zone)}. {IN_SHORT[endpoint.disabled_reason]}"


def delivery_badge(delivery: WebhookDelivery) -> Badge:
    """Where a delivery stands."""
    if delivery.state == DeliveryState.PENDING and delivery.last_error:
        return TRIED
    return DELIVERY[DeliveryState(delivery.state)]


def hears_of(endpoint: WebhookEndpoint) -> list[str]:
    """What is told to it, in words; all of it as one word."""
    if not endpoint.event_types:
        return ["Everything"]
    known = {each.value: str(each.label) for each in SUBSCRIBABLE}
    return [known.get(each, each) for each in endpoint.event_types]


def event_word(event_type: str) -> str:
    """What an event tells."""
    words: dict[str, str] = {each.value: str(each.label) for each in WebhookType}
    return words.get(event_type, event_type)


def answer_words(delivery: WebhookDelivery) -> str:
    """What came of the last try."""
    if not delivery.attempts:
        return "Not sent yet"
    took = f" in {delivery.milliseconds} ms" if delivery.milliseconds is not None else ""
    if delivery.last_error:
        return delivery.last_error
    return f"Answered {delivery.last_status}{took}" if delivery.last_status else "On its way"
