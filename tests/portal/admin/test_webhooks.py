"""Webhooks in the staff's pages: made, changed, switched, tested, replayed, and looked at."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import (
    AuditEvent,
    DisabledReason,
    User,
    Verb,
    WebhookDelivery,
    WebhookEndpoint,
)
from portal.models.webhook import SUBSCRIBABLE
from portal.sealing import unseal
from portal.webhooks.operations import MOST_ENDPOINTS, disable_endpoint, rotate_secret
from tests.cast import Cast
from tests.portal.admin.entering import context, enter, said
from tests.portal.webhooks.making import make_endpoint, put

LIST = "/admin/webhooks/"
NEW = "/admin/webhooks/new/"
URL = "https://hooks.example/in"
EVERYTHING = [each.value for each in SUBSCRIBABLE]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")
YES = {"confirmed": "1"}
VERBS = ("test", "pause", "disable", "enable", "delete", "rotate", "replay_failed")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_refusals")]


@pytest.fixture
def cast(shared_cast: Cast) -> Cast:
    """Made once for all these tests, which change nothing of it."""
    return shared_cast


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


@pytest.fixture
def endpoint(cast: Cast) -> WebhookEndpoint:
    return make_endpoint(cast.us.team, URL)


def page(endpoint: WebhookEndpoint, verb: str = "") -> str:
    name = f"webhook_{verb}" if verb else "webhook"
    return reverse(f"admin:{name}", args=[endpoint.pk])


def a_webhook(**fields: Any) -> dict[str, Any]:
    filled = {"url": URL, "description": "Reception", "event_types": EVERYTHING, "clinic": ""}
    return filled | fields


def state_of(endpoint: WebhookEndpoint) -> str:
    return WebhookEndpoint.objects.get(pk=endpoint.pk).state()


def shown_secret(answer: Any) -> str:
    found = SECRET.search(answer.content.decode().replace("&#x2B;", "+").replace("&#x3D;", "="))
    assert found is not None
    return found[0]


def ended(endpoint: WebhookEndpoint, state: str = "failed") -> WebhookDelivery:
    """A delivery at its end."""
    delivery = put(endpoint)[-1]
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    rows.update(state=state, attempts=10, next_at=None, last_error="It answered 500.")
    return rows.get()


# --- the forms -------------------------------------------------------------------------------


def test_a_new_webhook_hears_of_everything_and_shows_its_secret_once(
    admin: Client, cast: Cast
) -> None:
    answer = admin.post(NEW, a_webhook())
    made = WebhookEndpoint.objects.get()
    assert (made.team, made.url, made.event_types) == (cast.us.team, URL, [])
    assert (made.clinic, made.description) == (None, "Reception")
    assert shown_secret(answer) == unseal(made.secret)
    for address in (LIST, page(made), page(made, "change")):
        assert "whsec_" not in admin.get(address).content.decode()
    event = AuditEvent.objects.get(verb=Verb.CREATED)
    assert (event.actor_id, event.details) == (cast.us.admin.pk, {"url": URL})
    assert "whsec_" not in str(event.changes)


def test_it_may_hear_of_some_things_of_one_clinic(admin: Client, cast: Cast) -> None:
    chosen = ["batch.completed", "task.failed", "task.failed"]
    admin.post(NEW, a_webhook(event_types=chosen, clinic=str(cast.us.second.pk)))
    made = WebhookEndpoint.objects.get()
    assert made.event_types == ["task.failed", "batch.completed"]
    assert made.clinic == cast.us.second
    text = admin.get(page(made)).content.decode()
    assert "A check failed" in text
    assert "A check was answered" not in text


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"url": ""}, "url"),
        ({"url": "hooks.example"}, "url"),
        ({"url": "http://hooks.example/in"}, "url"),
        ({"url": "https://127.0.0.1/in"}, "url"),
        ({"url": "https://10.0.0.7/in"}, "url"),
        ({"url": "https://me:secret@hooks.example/in"}, "url"),
        ({"url": "https://hooks.example/#in"}, "url"),
        ({"url": f"https://hooks.example/{'x' * 500}"}, "url"),
        ({"description": "x" * 201}, "description"),
        ({"event_types": []}, "event_types"),
        ({"event_types": ["task.invented"]}, "event_types"),
        ({"clinic": "not a clinic"}, "clinic"),
    ],
)
def test_a_slip_is_shown_at_its_field(admin: Client, fields: dict[str, Any], at: str) -> None:
    answer = admin.post(NEW, a_webhook(**fields))
    assert at in context(answer)["form"].errors
    assert not WebhookEndpoint.objects.exists()


def test_a_clinic_of_another_team_cannot_be_chosen(admin: Client, cast: Cast) -> None:
    answer = admin.post(NEW, a_webhook(clinic=str(cast.them.first.pk)))
    assert "clinic" in context(answer)["form"].errors


def test_a_form_that_is_sent_twice_makes_one_webhook(admin: Client) -> None:
    admin.post(NEW, a_webhook())
    answer = admin.post(NEW, a_webhook())
    assert "already" in " ".join(context(answer)["form"].errors["url"])
    assert WebhookEndpoint.objects.count() == 1


def test_one_webhook_too_many_is_refused_in_words(admin: Client, cast: Cast) -> None:
    for number in range(MOST_ENDPOINTS):
        make_endpoint(cast.us.team, f"{URL}/{number}")
    assert "at most" in admin.get(LIST).content.decode()
    answer = admin.post(NEW, a_webhook())
    assert "at most" in " ".join(context(answer)["form"].non_field_errors())
    assert WebhookEndpoint.objects.count() == MOST_ENDPOINTS


def test_a_webhook_is_changed_and_the_log_says_what(
    admin: Client, cast: Cast, endpoint: WebhookEndpoint
) -> None:
    form = context(admin.get(page(endpoint, "change")))["form"]
    assert form["url"].value() == URL
    assert form["event_types"].value() == EVERYTHING
    admin.post(page(endpoint, "change"), a_webhook(url=f"{URL}2", event_types=["task.done"]))
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.event_types) == (f"{URL}2", ["task.done"])
    event = AuditEvent.objects.get(verb=Verb.CHANGED)
    assert set(event.changes) == {"url", "event_types", "description"}


def test_who_has_no_team_says_whose_it_is(cast: Cast) -> None:
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    client = enter(root)
    assert "team" in context(client.post(NEW, a_webhook()))["form"].errors
    client.post(NEW, a_webhook(team=cast.them.team.pk, clinic=str(cast.us.first.pk)))
    assert not WebhookEndpoint.objects.exists()
    client.post(NEW, a_webhook(team=cast.them.team.pk, clinic=str(cast.them.first.pk)))
    assert WebhookEndpoint.objects.get().team == cast.them.team
    assert cast.them.team.name in client.get(LIST).content.decode()


# --- the verbs -------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_asks_first(admin: Client, endpoint: WebhookEndpoint, verb: str) -> None:
    before = list(WebhookEndpoint.objects.values())
    for asked in (admin.get(page(endpoint, verb)), admin.post(page(endpoint, verb))):
        assert asked.status_code == 200
        assert 'name="confirmed"' in asked.content.decode()
    assert list(WebhookEndpoint.objects.values()) == before
    assert not WebhookDelivery.objects.exists()


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    old = unseal(endpoint.secret)
    body = {**YES, **dict(context(admin.get(page(endpoint, "rotate")))["fields"])}
    answer = admin.post(page(endpoint, "rotate"), body)
    endpoint.refresh_from_db()
    assert shown_secret(answer) == unseal(endpoint.secret) != old
    assert unseal(endpoint.previous_secret) == old
    assert endpoint.previous_until is not None
    assert endpoint.previous_until - timezone.now() > timedelta(hours=23)
    assert "the old one until" in admin.get(page(endpoint)).content.decode()
    again = admin.post(page(endpoint, "rotate"), body)
    assert "meanwhile" in said(again)
    assert unseal(endpoint.previous_secret) == old


def test_a_rotation_during_a_rotation_says_what_ends(
    admin: Client, cast: Cast, endpoint: WebhookEndpoint
) -> None:
    rotate_secret(endpoint=endpoint, actor=cast.us.admin.pk)
    assert "It would end now" in admin.get(page(endpoint, "rotate")).content.decode()


def test_it_is_paused_switched_off_and_on_again(admin: Client, endpoint: WebhookEndpoint) -> None:
    for verb, state in (("pause", "paused"), ("enable", "enabled"), ("disable", "disabled")):
        admin.post(page(endpoint, verb), YES)
        assert state_of(endpoint) == state
        assert "already" in said(admin.post(page(endpoint, verb), YES))
    admin.post(page(endpoint, "enable"), YES)
    assert state_of(endpoint) == "enabled"
    verbs = AuditEvent.objects.filter(object_id=str(endpoint.pk)).values_list("verb", flat=True)
    wanted = {Verb.PAUSED, Verb.RESUMED, Verb.DEACTIVATED, Verb.ACTIVATED}
    assert wanted <= set(verbs)


def test_only_what_makes_sense_in_its_state_is_offered(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    assert {"test", "pause", "disable"} <= set(context(admin.get(page(endpoint)))["links"])
    admin.post(page(endpoint, "disable"), YES)
    links = context(admin.get(page(endpoint)))["links"]
    assert set(links) == {"change", "rotate", "delete", "enable"}
    assert "Nothing was sent" in said(admin.post(page(endpoint, "test"), YES))


def test_a_test_is_put_in_the_line(admin: Client, endpoint: WebhookEndpoint) -> None:
    admin.post(page(endpoint, "test"), YES)
    assert WebhookDelivery.objects.get().event.type == "webhook.test"
    assert "A test of the endpoint" in admin.get(page(endpoint)).content.decode()


def test_deleting_says_how_much_is_lost(admin: Client, endpoint: WebhookEndpoint) -> None:
    put(endpoint, 2)
    assert "2 events wait" in admin.get(page(endpoint, "delete")).content.decode()
    answer = admin.post(page(endpoint, "delete"), YES)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert not WebhookEndpoint.objects.exists()
    assert AuditEvent.objects.get(verb=Verb.DELETED).details == {"url": URL}


# --- the log ---------------------------------------------------------------------------------


def test_the_log_shows_each_delivery_and_is_narrowed_by_state(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    ended(endpoint, "delivered")
    failed = ended(endpoint)
    put(endpoint)
    whole = context(admin.get(page(endpoint)))
    assert len(whole["lines"]) == 3
    lines = context(admin.get(page(endpoint), {"state": "failed"}))["lines"]
    assert [line["id"] for line in lines] == [str(failed.event_id)]
    assert lines[0]["answer"] == "It answered 500."
    for state, count in (("pending", 1), ("delivered", 1), ("nonsense", 3)):
        shown = context(admin.get(page(endpoint), {"state": state}))["lines"]
        assert len(shown) == count


def test_one_that_is_tried_again_says_when(admin: Client, endpoint: WebhookEndpoint) -> None:
    put(endpoint)
    WebhookDelivery.objects.update(attempts=1, last_error="It answered 503.", last_status=503)
    text = admin.get(page(endpoint)).content.decode()
    for words in ("Trying again", "Next try", "It answered 503."):
        assert words in text


def test_an_event_is_sent_again_by_its_button(
    admin: Client, cast: Cast, endpoint: WebhookEndpoint
) -> None:
    delivery = ended(endpoint)
    address = reverse("admin:webhook_replay", args=[delivery.pk])
    assert address in admin.get(page(endpoint)).content.decode()
    assert "Send this event again?" in admin.get(address).content.decode()
    assert "is sent again" in said(admin.post(address, YES))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("pending", 0)
    assert "on its way already" in said(admin.post(address, YES))
    assert AuditEvent.objects.get(verb=Verb.RERUN).actor_id == cast.us.admin.pk


def test_all_that_was_given_up_is_sent_again(admin: Client, endpoint: WebhookEndpoint) -> None:
    for _ in range(3):
        ended(endpoint)
    delivered = ended(endpoint, "delivered")
    assert "Send 3 events again?" in admin.get(page(endpoint, "replay_failed")).content.decode()
    assert "3 events are" in said(admin.post(page(endpoint, "replay_failed"), YES))
    assert WebhookDelivery.objects.pending().count() == 3
    delivered.refresh_from_db()
    assert delivered.state == "delivered"


# --- what went wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "words"), [("failing", "in three days of tries"), ("gone", "410 Gone")]
)
def test_one_that_was_switched_off_says_why_and_home_tells_who_may_see_to_it(
    cast: Cast, endpoint: WebhookEndpoint, reason: str, words: str
) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk).disable(DisabledReason(reason))
    admin, supervisor = enter(cast.us.admin), enter(cast.us.supervisor)
    for address in (LIST, page(endpoint), "/admin/"):
        assert words in admin.get(address).content.decode(), address
    assert page(endpoint) in admin.get("/admin/home/live/").content.decode()
    assert words not in supervisor.get("/admin/").content.decode()
    assert words not in enter(cast.them.admin).get("/admin/").content.decode()
    admin.post(page(endpoint, "enable"), YES)
    assert words not in admin.get("/admin/").content.decode()


def test_one_that_somebody_switched_off_is_no_news_at_home(
    admin: Client, cast: Cast, endpoint: WebhookEndpoint
) -> None:
    disable_endpoint(endpoint=endpoint, actor=cast.us.admin.pk)
    assert "A webhook was switched off" not in admin.get("/admin/").content.decode()
    assert "Somebody switched it off" in admin.get(LIST).content.decode()


# --- who may ---------------------------------------------------------------------------------


def test_only_admins_come_near_webhooks(cast: Cast, endpoint: WebhookEndpoint) -> None:
    client = enter(cast.us.supervisor)
    delivery = ended(endpoint)
    replay = reverse("admin:webhook_replay", args=[delivery.pk])
    for address in (LIST, NEW, page(endpoint), replay, *(page(endpoint, verb) for verb in VERBS)):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {**a_webhook(url=f"{URL}2"), **YES}).status_code == 403, address
    assert LIST not in client.get("/admin/").content.decode()
    assert WebhookEndpoint.objects.get().state() == "enabled"
    assert not WebhookDelivery.objects.pending().exists()


def test_webhooks_of_another_team_are_not_there(cast: Cast, endpoint: WebhookEndpoint) -> None:
    client = enter(cast.them.admin)
    delivery = ended(endpoint)
    replay = reverse("admin:webhook_replay", args=[delivery.pk])
    verbs = (page(endpoint, verb) for verb in (*VERBS, "change"))
    assert client.get(page(endpoint)).status_code == 404
    for address in (replay, *verbs):
        assert client.get(address).status_code == 404, address
        assert client.post(address, {**a_webhook(url=f"{URL}2"), **YES}).status_code == 404, address
    assert URL not in client.get(LIST).content.decode()
    assert WebhookEndpoint.objects.get().url == URL
    assert WebhookDelivery.objects.get().state == "failed"


def test_the_list_asks_the_database_as_often_for_many(admin: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(LIST)
        return len(asked)

    put(make_endpoint(cast.us.team, URL))
    queries()
    few = queries()
    for number in range(5):
        ended(make_endpoint(cast.us.team, f"{URL}/{number}"))
    assert queries() == few
