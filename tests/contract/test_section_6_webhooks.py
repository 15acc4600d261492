"""Section 6: webhooks. More in `tests/portal/webhooks` and `tests/eligibility/announce`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from typing import Any

import pytest

from eligibility.engine.rows import add_events
from eligibility.models import EligibilityTask
from portal.models import DisabledReason, WebhookDelivery, WebhookEndpoint, WebhookEvent
from portal.webhooks import beat, deliveries
from portal.webhooks.courier import Parcel, Receipt
from portal.webhooks.schedule import RETRIES
from portal.webhooks.sender import guard_for_webhooks
from tests.contract.calling import CHECKS, RECORDS, Caller, code, data
from tests.factories import make_result
from tests.records.rest.asking import SEED_3

HOOKS = f"{CHECKS}/webhooks"
EVENTS = {
    *("task.done", "task.failed", "task.needs_attention", "task.changed"),
    *("batch.completed", "records.batch.completed"),
}


def made(api: Caller, **fields: Any) -> dict[str, Any]:
    """A new webhook with its secret."""
    found: dict[str, Any] = data(api.post(HOOKS, {"url": "https://hooks.example/in", **fields}))
    return found


def finish(task_id: str) -> None:
    """The task is answered, as the engine writes it."""
    task = EligibilityTask.objects.get(pk=task_id)
    make_result(task)
    add_events([(task.pk, "running", "done", "engine", "eligible")])


def parcel(api: Caller, **fields: Any) -> tuple[dict[str, Any], Parcel]:
    """A webhook, and the call that tells it of a task."""
    hook = made(api, **fields)
    finish(api.task_id(client_reference="A-1"))
    (found,) = deliveries.claim(WebhookEndpoint.objects.get(), room=10)
    return hook, found


def signature(secret: str, call: Parcel) -> str:
    """As Standard Webhooks has it, worked out here once more."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    digest = hmac.new(key, signed + call.body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def fail(call: Parcel, status: int = 503) -> None:
    deliveries.mark([Receipt(call, status, f"Answered {status}.", 5)])


def test_the_secret_is_whsec_and_shown_once(api: Caller) -> None:
    hook = made(api)
    assert hook["secret"].startswith("whsec_")
    shown = api.get(f"{HOOKS}/{hook['webhook']['id']}").content.decode()
    assert hook["secret"] not in shown


def test_the_headers_are_id_timestamp_and_a_v1_signature_of_id_timestamp_body(
    api: Caller,
) -> None:
    hook, call = parcel(api)
    assert call.headers["webhook-id"]
    assert call.headers["webhook-timestamp"].isdigit()
    assert call.headers["webhook-signature"] == signature(hook["secret"], call)


def test_two_secrets_are_valid_during_a_rotation(api: Caller) -> None:
    hook = made(api)
    rotated = data(api.post(f"{HOOKS}/{hook['webhook']['id']}/rotate"))
    finish(api.task_id())
    (call,) = deliveries.claim(WebhookEndpoint.objects.get(), room=1)
    both = {signature(each["secret"], call) for each in (hook, rotated)}
    assert set(call.headers["webhook-signature"].split()) == both


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_this_event_can_be_asked_for(api: Caller, event: str) -> None:
    assert made(api, events=[event])["webhook"]["events"] == [event]


def test_the_body_is_type_timestamp_and_data(api: Caller) -> None:
    parcel(api)
    event = WebhookEvent.objects.get()
    assert event.type == "task.done"
    listed = api.get(f"{HOOKS}/{WebhookEndpoint.objects.get().pk}/deliveries").json()["items"]
    assert listed[0]["data"]["client_reference"] == "A-1"


def test_events_of_a_task_are_ordered_by_data_sequence(api: Caller) -> None:
    made(api)
    task_id = api.task_id()
    finish(task_id)
    for verb in ("retry", "cancel"):
        data(api.post(f"{CHECKS}/tasks/{task_id}/{verb}"))
    sequences = [event.data["sequence"] for event in WebhookEvent.objects.order_by("pk")]
    assert len(sequences) == 2
    assert sequences == sorted(set(sequences))
    # The second one waits for the first.
    assert len(deliveries.claim(WebhookEndpoint.objects.get(), room=10)) == 1


def test_a_batch_of_records_is_told(api: Caller) -> None:
    made(api, events=["records.batch.completed"])
    api.post(f"{RECORDS}/bulk", SEED_3)
    beat.beat()
    assert [event.type for event in WebhookEvent.objects.all()] == ["records.batch.completed"]


def test_the_retries_are_those_of_the_contract() -> None:
    minute, hour = 60, 3600
    hours = [2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
    assert list(RETRIES) == [5, 5 * minute, 30 * minute, *hours]


def test_after_the_last_retry_the_endpoint_is_disabled_and_staff_are_told(api: Caller) -> None:
    _, call = parcel(api)
    WebhookDelivery.objects.update(attempts=len(RETRIES) + 1)
    last = Parcel(
        call.delivery_id, call.endpoint_id, len(RETRIES) + 1, call.url, call.headers, call.body
    )
    fail(last)
    assert WebhookEndpoint.objects.get().disabled_reason == DisabledReason.FAILING


def test_at_least_once_under_the_same_id(api: Caller) -> None:
    _, call = parcel(api)
    fail(call)
    WebhookDelivery.objects.update(next_at=WebhookEvent.objects.get().occurred_at)
    (again,) = deliveries.claim(WebhookEndpoint.objects.get(), room=1)
    assert again.headers["webhook-id"] == call.headers["webhook-id"]
    assert again.body == call.body


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/in", "https://127.0.0.1/in", "https://10.0.0.1/", "https://[::1]/"],
)
def test_targets_are_https_and_never_inside_the_house(api: Caller, url: str) -> None:
    assert code(api.post(HOOKS, {"url": url})) == (400, "INVALID_REQUEST")


def test_http_is_allowed_for_loopback_in_debug_alone(api: Caller, settings: Any) -> None:
    url = {"url": "http://127.0.0.1:9/in"}
    assert api.post(HOOKS, url).status_code == 400
    settings.DEBUG = True
    assert api.post(HOOKS, url).status_code == 200


def test_the_address_is_checked_at_the_moment_of_connecting() -> None:
    guard = guard_for_webhooks()
    for inside in ("127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1"):
        assert guard.fault(ipaddress.ip_address(inside), "https") is not None
    outside = ipaddress.ip_address("93.184.216.34")
    assert guard.fault(outside, "https") is None
    assert guard.fault(outside, "http") is not None


def test_webhooks_are_listed_rotated_taken_away_and_their_log_is_replayed(api: Caller) -> None:
    hook, call = parcel(api)
    path = f"{HOOKS}/{hook['webhook']['id']}"
    assert [each["id"] for each in api.get(HOOKS).json()["items"]] == [hook["webhook"]["id"]]
    deliveries.mark([Receipt(call, 204, "", 5)])
    (entry,) = api.get(f"{path}/deliveries").json()["items"]
    assert entry["state"] == "delivered"
    replayed = data(api.post(f"{CHECKS}/deliveries/{entry['id']}/replay"))["delivery"]
    assert (replayed["id"], replayed["state"]) == (entry["id"], "pending")
    assert api.call("DELETE", path).status_code == 204
    assert code(api.get(path)) == (404, "NOT_FOUND")
