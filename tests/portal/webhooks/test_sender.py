from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone

from portal.models import (
    AuditEvent,
    DeliveryState,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookTurn,
)
from portal.webhooks import deliveries, jobs, operations, outbox, pruning, turn
from portal.webhooks.courier import Courier, Receipt
from portal.webhooks.metrics import WebhookCollector
from portal.webhooks.schedule import RETRIES
from portal.webhooks.sender import ROOM, Sender, guard_for_webhooks
from tests.eligibility.engine.helpers import at_once, in_thread
from tests.portal.webhooks.making import make_due, make_endpoint, make_news, put, send_due
from tests.portal.webhooks.receiver import Received, Receiver


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


def test_a_later_event_of_a_task_waits_until_the_earlier_one_has_arrived(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    subject = uuid.uuid4()
    for sequence in (20, 22, 30):
        outbox.put([make_news(endpoint, subject=subject, sequence=sequence, n=sequence)])
    (other,) = [each for each in put(endpoint, n=0) if each.subject != subject]
    receiver.before = lambda call: receiver.answers.append(503 if call.said["data"]["n"] else 204)
    send_due()
    assert sorted(call.said["data"]["n"] for call in receiver.calls) == [0, 20]
    other.refresh_from_db()
    assert other.state == DeliveryState.DELIVERED
    assert not deliveries.due().exists()  # the later ones are due with the first, not before
    receiver.before, receiver.calls = None, []
    make_due()
    send_due()
    assert [call.said["data"]["n"] for call in receiver.calls] == [20, 22, 30]


def test_a_slow_endpoint_holds_up_nobody_else(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    quick = make_endpoint(url=f"{receiver.url}/quick")
    put(endpoint, 3)
    put(quick, 3)
    arrived = threading.Event()

    def answer(call: Received) -> None:
        """The slow one answers only when the quick one has everything."""
        if call.path.endswith("/quick"):
            if [each.path for each in receiver.calls].count(call.path) == 2:
                arrived.set()
        else:
            assert arrived.wait(10)

    receiver.before = answer
    assert send_due() == 6
    assert not WebhookDelivery.objects.pending().exists()


def test_one_endpoint_gets_so_many_calls_at_once_and_no_more(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    put(endpoint, ROOM + 5)
    lock, at_once, most = threading.Lock(), 0, []
    full = threading.Event()

    def answer(call: Received) -> None:
        nonlocal at_once
        with lock:
            at_once += 1
            most.append(at_once)
            if at_once == ROOM:
                full.set()
        assert full.wait(10)
        with lock:
            at_once -= 1

    receiver.before = answer
    assert send_due() == ROOM + 5
    assert max(most) <= ROOM


def test_a_call_that_takes_too_long_is_given_up_and_tried_again(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    (delivery,) = put(endpoint)
    given_up = threading.Event()

    def hang(call: Received) -> None:
        assert given_up.wait(10)

    receiver.before = hang
    assert send_due(deadline=0.2) == 1
    given_up.set()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_status) == ("pending", None)
    assert delivery.last_error == "No answer came within 0.2 seconds."


def test_redirects_are_not_followed(endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    (delivery,) = put(endpoint)
    receiver.answers, receiver.headers = [302], {"Location": f"{receiver.url}/elsewhere"}
    send_due()
    delivery.refresh_from_db()
    assert [call.path for call in receiver.calls] == ["/hook"]
    assert delivery.last_error == "Answered 302: redirects are not followed."


def test_a_receipt_of_a_try_that_was_given_up_changes_nothing(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    (delivery,) = put(endpoint)
    (first,) = deliveries.claim(endpoint, 1)
    make_due(delivery)
    send_due()
    assert deliveries.mark([Receipt(first, 500, "Answered 500.", 1)]) == 0
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED


def test_to_a_paused_endpoint_nothing_is_sent_until_it_is_enabled(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    operations.pause_endpoint(endpoint=endpoint, actor="")
    put(endpoint)
    assert send_due() == 0
    operations.enable_endpoint(endpoint=endpoint, actor="")
    assert send_due() == 1
    assert len(receiver.calls) == 1


def test_what_waited_when_an_endpoint_was_disabled_is_sent_when_it_is_enabled(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    put(endpoint, 2)
    receiver.before = lambda call: receiver.answers.append(410)
    send_due()
    first_run = len(receiver.calls)
    assert outbox.put([make_news(endpoint)]) == 0  # nothing more is kept
    WebhookDelivery.objects.all().replay()
    receiver.before = None
    assert operations.enable_endpoint(endpoint=endpoint, actor="")
    assert send_due() == 2
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert set(ids[:first_run]) <= set(ids[first_run:])


def test_a_deleted_endpoint_takes_its_log_along(endpoint: WebhookEndpoint) -> None:
    put(endpoint)
    operations.delete_endpoint(endpoint=endpoint, actor="")
    assert not WebhookDelivery.objects.exists()
    assert AuditEvent.objects.filter(verb="deleted").count() == 1


def test_a_job_sends_on_its_turn_and_a_second_one_does_nothing(
    endpoint: WebhookEndpoint, receiver: Receiver, settings: Any
) -> None:
    settings.DEBUG = True  # the receiver is on this machine
    put(endpoint)
    assert turn.wake("host")
    assert not turn.wake("host")  # somebody has the turn
    ticket = WebhookTurn.objects.get().ticket
    assert jobs.send(ticket - 1) == 0
    assert jobs.send(ticket) == 1
    assert jobs.send(ticket) == 0
    assert not turn.wake("host")  # nothing is due
    put(endpoint)
    assert turn.wake("host")


def test_a_turn_that_nobody_renews_ends_by_itself(endpoint: WebhookEndpoint) -> None:
    put(endpoint)
    assert turn.wake("host")
    WebhookTurn.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert turn.wake("host")
    assert not turn.hold(WebhookTurn.objects.get().ticket - 1)


def test_a_job_that_waited_long_in_the_queue_still_has_its_turn(endpoint: WebhookEndpoint) -> None:
    put(endpoint)
    assert turn.wake("host")
    WebhookTurn.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert turn.hold(WebhookTurn.objects.get().ticket)
    assert not turn.wake("host")


def test_of_two_senders_at_once_each_event_goes_to_one(transactional_db: None) -> None:
    endpoint = make_endpoint()
    put(endpoint, 20)
    claimed: list[uuid.UUID] = []

    def claim() -> None:
        """One after the other claims what it can, until nothing is left."""
        while parcels := deliveries.claim(endpoint, 3):
            claimed.extend(each.delivery_id for each in parcels)

    at_once(claim, claim)
    claim()  # what one had looked at while the other held it
    assert len(claimed) == len(set(claimed)) == 20


def test_an_endpoint_that_is_deleted_while_it_is_told_something_takes_that_along(
    transactional_db: None,
) -> None:
    endpoint = make_endpoint()
    with transaction.atomic():
        outbox.put([make_news(endpoint)])
        deleting = in_thread(lambda: operations.delete_endpoint(endpoint=endpoint, actor=""))
        assert WebhookDelivery.objects.count() == 1
    deleting.join(30)
    assert not deleting.is_alive()
    assert not WebhookDelivery.objects.exists()
    assert not WebhookEndpoint.objects.exists()
    assert outbox.put([make_news(endpoint)]) == 0


def test_a_sender_whose_turn_is_over_begins_no_more_calls(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    put(endpoint, 3)
    courier = Courier(guard_for_webhooks())
    given_back: list[bool] = []
    sender = Sender(courier, hold=lambda: False, give_back=lambda: given_back.append(True))
    assert (sender.run(), given_back, receiver.calls) == (0, [True], [])
    courier.close()


def test_what_is_old_is_pruned_and_what_is_not_stays(endpoint: WebhookEndpoint) -> None:
    with time_machine.travel(timezone.now() - pruning.KEPT_FOR - timedelta(hours=1)):
        put(endpoint, 2)
    put(endpoint)
    assert (pruning.prune(), pruning.prune()) == (2, 0)
    assert WebhookEvent.objects.count() == WebhookDelivery.objects.count() == 1


def test_monitors_are_told_what_waits_and_who_takes_nothing(endpoint: WebhookEndpoint) -> None:
    put(endpoint, 2)
    WebhookDelivery.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    WebhookEndpoint.objects.filter(pk=make_endpoint().pk).disable(DisabledReason.GONE)
    values = {
        (sample.name, sample.labels.get("state", "")): sample.value
        for family in WebhookCollector().collect()
        for sample in family.samples
    }
    assert values["webhook_pending", ""] == 2
    assert values["webhook_oldest_pending_seconds", ""] >= 300
    assert values["webhook_endpoints", "disabled"] == 1
    assert values["webhook_endpoints", "enabled"] == 1
