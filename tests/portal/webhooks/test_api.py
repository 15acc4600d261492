from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from portal.models import AuditEvent, IdempotencyRecord, WebhookDelivery, WebhookEndpoint
from portal.sealing import unseal
from tests.factories import make_clinic, make_key
from tests.portal.webhooks.making import make_endpoint, put

WEBHOOKS = "/v2/api-integration/webhooks"
URL = "https://his.example/hook"


class Caller:
    """An integrator with a key for one clinic."""

    def __init__(self, *clinics: Any) -> None:
        self.clinics = clinics or (make_clinic(),)
        self.client = Client(headers={"x-api-key": make_key(*self.clinics)[1]})

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer; a 4xx too."""
        raw = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"{WEBHOOKS}{path}", raw, content_type="application/json", headers=headers
        )

    def make(self, **fields: Any) -> dict[str, Any]:
        """A webhook, as the answer shows it, with its secret."""
        answer = self.ask("POST", "", {"url": URL, **fields})
        assert answer.status_code == 200, answer.content
        return {**answer.json()["data"]["webhook"], "secret": answer.json()["data"]["secret"]}


@pytest.fixture
def caller(db: None) -> Caller:
    return Caller()


def test_a_webhook_is_made_and_its_secret_is_shown_once(caller: Caller) -> None:
    made = caller.make(events=["task.failed", "task.done"], description=" Front desk ")
    assert made["secret"].startswith("whsec_")
    assert (made["state"], made["description"]) == ("enabled", "Front desk")
    assert made["events"] == ["task.done", "task.failed"]
    assert made["clinic_id"] == str(caller.clinics[0].pk)
    shown = caller.ask("GET", f"/{made['id']}")
    assert "secret" not in shown.json()
    assert made["secret"] not in shown.content.decode()
    stored = WebhookEndpoint.objects.get()
    assert made["secret"] not in stored.secret
    assert unseal(stored.secret) == made["secret"]
    assert made["secret"] not in str(list(AuditEvent.objects.values()))


def test_a_repeated_creation_shows_the_same_secret_and_keeps_it_sealed(caller: Caller) -> None:
    first = caller.ask("POST", "", {"url": URL}, **{"Idempotency-Key": "k"})
    again = caller.ask("POST", "", {"url": URL}, **{"Idempotency-Key": "k"})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert WebhookEndpoint.objects.count() == 1
    kept = IdempotencyRecord.objects.get()
    assert b"whsec_" not in bytes(kept.body or b"")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "url.missing"),
        ({"url": None}, "url.missing"),
        ({"url": 7}, "url.type"),
        ({"url": "http://his.example/"}, "url.refused"),
        ({"url": "https://10.0.0.1/"}, "url.refused"),
        ({"url": "https://localhost/"}, "url.refused"),
        ({"url": "https://his.example/#x"}, "url.refused"),
        ({"url": "https://me:pw@his.example/"}, "url.refused"),
        ({"url": URL, "events": "task.done"}, "events.type"),
        ({"url": URL, "events": ["task.don"]}, "events.unknown"),
        ({"url": URL, "events": ["webhook.test"]}, "events.unknown"),
        ({"url": URL, "events": [{}]}, "events.unknown"),
        ({"url": URL, "event": ["task.done"]}, "field.unknown"),
        ({"url": URL, "clinic_id": "x"}, "clinic.other"),
        ({"url": URL, "description": "x" * 201}, "description.too_long"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_with_its_field(
    caller: Caller, body: dict[str, Any], code: str
) -> None:
    answer = caller.ask("POST", "", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["code"] == code
    assert not WebhookEndpoint.objects.exists()


def test_an_address_may_carry_a_query(caller: Caller) -> None:
    assert caller.make(url=f"{URL}?team=7")["url"] == f"{URL}?team=7"


def test_only_a_key_of_every_clinic_hears_of_the_whole_team(caller: Caller) -> None:
    first = caller.clinics[0]
    assert caller.make(clinic_id=None)["clinic_id"] is None
    other = make_clinic(first.team)  # from now on the key has not all of the team
    refused = caller.ask("POST", "", {"url": URL, "clinic_id": None})
    assert refused.status_code == 403
    assert caller.ask("GET", "").json()["items"] == []
    both = Caller(first, other)
    shown = both.ask("GET", "", **{"x-clinic-id": str(first.pk)})
    assert len(shown.json()["items"]) == 1


def test_a_webhook_is_changed_paused_enabled_and_taken_away(caller: Caller) -> None:
    made = caller.make()
    place = f"/{made['id']}"
    changed = caller.ask("PATCH", place, {"events": ["batch.completed"], "url": f"{URL}/2"}).json()
    assert (changed["events"], changed["url"]) == (["batch.completed"], f"{URL}/2")
    assert caller.ask("PATCH", place, {"url": ""}).status_code == 400
    for verb, state in (("pause", "paused"), ("pause", "paused"), ("enable", "enabled")):
        answer = caller.ask("POST", f"{place}/{verb}")
        assert answer.json()["data"]["webhook"]["state"] == state
    assert caller.ask("DELETE", place).status_code == 204
    assert caller.ask("GET", place).status_code == 404
    verbs = AuditEvent.objects.order_by("at", "pk").values_list("verb", flat=True)
    assert list(verbs) == ["created", "changed", "paused", "resumed", "deleted"]


def test_a_rotation_shows_a_new_secret_and_says_how_long_the_old_one_signs(caller: Caller) -> None:
    made = caller.make()
    rotated = caller.ask("POST", f"/{made['id']}/rotate").json()["data"]
    assert rotated["secret"] != made["secret"]
    assert rotated["webhook"]["previous_secret_until"] is not None


def test_a_test_event_stands_in_the_log_and_is_refused_while_nothing_is_sent(
    caller: Caller,
) -> None:
    made = caller.make(events=["task.done"])
    sent = caller.ask("POST", f"/{made['id']}/test").json()["data"]["delivery"]
    assert (sent["type"], sent["state"], sent["attempts"]) == ("webhook.test", "pending", 0)
    (shown,) = caller.ask("GET", f"/{made['id']}/deliveries").json()["items"]
    assert shown == sent
    caller.ask("POST", f"/{made['id']}/pause")
    assert caller.ask("POST", f"/{made['id']}/test").status_code == 409


def test_the_log_comes_in_pages_and_is_narrowed_by_state(caller: Caller) -> None:
    clinic = caller.clinics[0]
    endpoint = make_endpoint(clinic.team, clinic=clinic)
    put(endpoint, 5)
    path = f"/{endpoint.pk}/deliveries"
    first = caller.ask("GET", f"{path}?limit=3").json()
    second = caller.ask("GET", f"{path}?limit=3&cursor={first['next']}").json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert (len(set(ids)), second["next"]) == (5, None)
    assert caller.ask("GET", f"{path}?state=failed").json()["items"] == []
    assert caller.ask("GET", f"{path}?state=lost").status_code == 400


def test_post_deliveries_id_replay_sends_an_event_again_under_its_id(caller: Caller) -> None:
    clinic = caller.clinics[0]
    endpoint = make_endpoint(clinic.team, clinic=clinic)
    (delivery,) = put(endpoint)
    path = f"/v2/api-integration/deliveries/{delivery.pk}/replay"
    assert caller.client.post(path).status_code == 409  # on its way
    WebhookDelivery.objects.update(state="failed", next_at=None, attempts=10)
    answer = caller.client.post(path)
    assert answer.status_code == 200
    shown = answer.json()["data"]["delivery"]
    assert (shown["state"], shown["attempts"]) == ("pending", 0)
    assert shown["event_id"] == str(delivery.event_id)


def test_a_team_has_only_so_many_webhooks(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.webhooks.operations.MOST_ENDPOINTS", 1)
    caller.make()
    assert caller.ask("POST", "", {"url": URL}).status_code == 409
