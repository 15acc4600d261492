"""The signatures, judged by the reference implementation of Standard Webhooks."""

from __future__ import annotations

import base64
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal.models import WebhookEndpoint
from portal.sealing import seal
from portal.webhooks import deliveries
from portal.webhooks.operations import rotate_secret
from portal.webhooks.signing import headers_of, new_secret, signature
from tests.portal.webhooks.making import make_secret_endpoint, put, send_due
from tests.portal.webhooks.receiver import Received, Receiver


def verified(secret: str, call: Received) -> Any:
    """What a receiver reads; raises WebhookVerificationError."""
    return Webhook(secret).verify(call.body, call.headers)


def test_a_receiver_knows_the_call_for_ours_and_no_other_for_it(
    db: None, receiver: Receiver
) -> None:
    endpoint, secret = make_secret_endpoint(url=receiver.url)
    put(endpoint, name="Ämal")
    send_due()
    (call,) = receiver.calls
    assert verified(secret, call)["data"] == {"name": "Ämal"}
    tampered = Received(call.path, call.headers, call.body.replace(b"done", b"none"))
    other_id = Received(call.path, {**call.headers, "webhook-id": "x"}, call.body)
    for forged, key in ((tampered, secret), (other_id, secret), (call, new_secret())):
        with pytest.raises(WebhookVerificationError):
            verified(key, forged)
    later = timezone.now() + timedelta(minutes=6)
    with time_machine.travel(later), pytest.raises(WebhookVerificationError):
        verified(secret, call)  # an old call is no new one


def test_while_a_secret_is_rotated_both_sign_and_a_day_later_the_new_one_alone(
    db: None, receiver: Receiver
) -> None:
    endpoint, old = make_secret_endpoint(url=receiver.url)
    endpoint, new = rotate_secret(endpoint=endpoint, actor="")
    put(endpoint)
    send_due()
    (call,) = receiver.calls
    assert verified(new, call) == verified(old, call)
    assert len(call.headers["webhook-signature"].split()) == 2
    WebhookEndpoint.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    put(endpoint)
    send_due()
    assert verified(new, receiver.calls[1])
    with pytest.raises(WebhookVerificationError):
        verified(old, receiver.calls[1])


def test_a_second_rotation_leaves_the_first_secret_behind(db: None) -> None:
    endpoint, first = make_secret_endpoint()
    endpoint, second = rotate_secret(endpoint=endpoint, actor="")
    endpoint, third = rotate_secret(endpoint=endpoint, actor="")
    assert deliveries.live_secrets(endpoint) == [third, second]
    assert first not in (second, third)


def test_every_try_has_a_time_and_a_signature_of_its_own() -> None:
    secret = new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    first = headers_of("id", 1000, b"{}", [secret])
    second = headers_of("id", 1005, b"{}", [secret])
    assert first["webhook-signature"] != second["webhook-signature"]
    assert first["webhook-signature"] == signature(secret, "id", 1000, b"{}")
    assert "X-Request-ID" not in first


def test_with_a_secret_that_nobody_can_open_nothing_is_sent_unsigned(
    db: None, receiver: Receiver
) -> None:
    endpoint, _ = make_secret_endpoint(url=receiver.url)
    WebhookEndpoint.objects.update(secret=seal("x")[:-4] + "AAAA")
    (delivery,) = put(endpoint)
    send_due()
    delivery.refresh_from_db()
    assert receiver.calls == []
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert delivery.last_error == "The secret cannot be read: rotate it."


def test_rotate_secrets_seals_those_of_webhooks_with_the_newest_key(
    db: None, settings: Any
) -> None:
    endpoint, first = make_secret_endpoint()
    endpoint, second = rotate_secret(endpoint=endpoint, actor="")
    settings.FIELD_KEY = ["a new key", *settings.FIELD_KEY]
    said = StringIO()
    call_command("rotate_secrets", stdout=said)
    assert said.getvalue() == "2 sealed with the newest key, 0 already were.\n"
    settings.FIELD_KEY = ["a new key"]
    endpoint.refresh_from_db()
    assert deliveries.live_secrets(endpoint) == [second, first]
    settings.FIELD_KEY = ["another one"]
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("rotate_secrets", stdout=said)
