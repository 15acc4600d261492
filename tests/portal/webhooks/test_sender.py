from __future__ import annotations

from django.utils import timezone

from portal.models import AuditEvent, DeliveryState, WebhookDelivery, WebhookEndpoint
from portal.webhooks import deliveries
from portal.webhooks.schedule import RETRIES
from tests.portal.webhooks.making import make_due, put, send_due
from tests.portal.webhooks.receiver import Receiver


def test_an_event_is_delivered_with_its_id_and_its_request(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    (delivery,) = put(endpoint, task_id="t-1")
    assert send_due() == 1
    (call,) = receiver.calls
    assert call.headers["webhook-id"] == str(delivery.event_id)
    assert call.headers["x-request-id"] == "request-1"
    assert call.headers["content-type"] == "application/json"
    assert set(call.said) == {"type", "timestamp", "data"}
    assert call.said["data"] == {"task_id": "t-1"}
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)
    assert delivery.delivered_at is not None
    assert delivery.next_at is None


def test_a_sender_that_dies_before_it_marks_sends_again_under_the_same_id(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    (delivery,) = put(endpoint)
    parcels = deliveries.claim(endpoint, 10)
    assert [parcel.delivery_id for parcel in parcels] == [delivery.pk]
    assert deliveries.claim(endpoint, 10) == []  # it is in other hands
    make_due(delivery)  # nobody marked it: its time passes
    assert send_due() == 1
    (call,) = receiver.calls
    assert call.headers["webhook-id"] == parcels[0].headers["webhook-id"]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


def test_an_event_that_is_not_taken_is_tried_at_the_hours_of_the_table(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    (delivery,) = put(endpoint)
    waits = []
    for _ in RETRIES:
        receiver.answers = [500]
        asked_at = timezone.now()
        assert send_due() == 1
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.PENDING
        assert delivery.next_at is not None
        waits.append((delivery.next_at - asked_at).total_seconds())
        make_due(delivery)
    assert all(0 <= wait - wanted < 60 for wait, wanted in zip(waits, RETRIES, strict=True))
    receiver.answers = [500]
    send_due()
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.last_error) == (
        *("failed", 10),
        "Answered 500.",
    )
    assert (endpoint.state(), endpoint.disabled_reason) == ("disabled", "failing")
    assert AuditEvent.objects.filter(verb="deactivated", object_id=str(endpoint.pk)).count() == 1
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1


def test_an_address_that_is_gone_is_disabled_at_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    put(endpoint)
    receiver.answers = [410]
    send_due()
    endpoint.refresh_from_db()
    assert (endpoint.state(), endpoint.disabled_reason) == ("disabled", "gone")
    assert WebhookDelivery.objects.get().state == DeliveryState.FAILED
