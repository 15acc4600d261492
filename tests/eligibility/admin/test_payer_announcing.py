from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from eligibility.models import Payer, RulesVersion
from portal.models import AuditEvent, Role, Verb
from tests.cast import Cast
from tests.eligibility.admin.test_payer_form import LIST, as_rows, filled_in
from tests.eligibility.operations.test_payer_rules import DUBAI, announced, makes_due, tomorrow
from tests.portal.admin.entering import context, enter, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(shared_cast: Cast) -> Cast:
    """Made once for all these tests: what they change is rolled back after each."""
    return shared_cast


@pytest.fixture
def payer(cast: Cast) -> Payer:
    return Payer.objects.get(code="TPA003")


@pytest.fixture
def supervisor(cast: Cast) -> Client:
    return enter(cast.us.supervisor)


def page(payer: Payer, name: str = "change") -> str:
    return reverse(f"admin:eligibility_payer_{name}", args=[payer.pk])


def announcement(client: Client, payer: Payer, **fields: Any) -> dict[str, Any]:
    """What a browser would send with these fields changed."""
    form = context(client.get(page(payer, "announce")))["form"]
    body = {bound.name: bound.value() for bound in form if bound.name != "requires"}
    body |= as_rows(form["requires"].value() or [])
    filled = {name: "" if value is None else value for name, value in body.items()}
    return filled | {"day": tomorrow(5).isoformat(), "id_types": ["EMIRATESID"]} | fields


def buttons(client: Client, payer: Payer) -> list[str]:
    return [each["title"] for each in context(client.get(page(payer)))["actions_detail"]]


def test_a_change_is_announced_for_a_day_and_shown_in_words(
    supervisor: Client, cast: Cast, payer: Payer
) -> None:
    body = announcement(supervisor, payer, note="Circular 7")
    answer = supervisor.post(page(payer, "announce"), body)
    assert "The new rules hold from" in said(answer)
    version = RulesVersion.objects.get()
    assert (version.zone, version.noted_by) == ("Asia/Dubai", cast.us.supervisor.pk)
    assert version.rules["id_types"] == ["EMIRATESID"]
    assert version.rules["requires"] == payer.requires
    text = supervisor.get(page(payer)).content.decode()
    for words in ("Announced", "(Asia/Dubai)", "Circular 7", "Takes these identifiers: "):
        assert words in text
    assert "event_upcoming" in supervisor.get(LIST).content.decode()
    assert AuditEvent.objects.get(verb=Verb.ANNOUNCED).actor_id == cast.us.supervisor.pk


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"day": ""}, "day"),
        ({"day": "2020-01-01"}, "day"),
        ({"day": "soon"}, "day"),
        ({"id_types": []}, "id_types"),
        ({"visit_types": ["HOLIDAY"]}, "visit_types"),
        ({"requires-0-field": "shoe_size"}, "requires"),
        ({"note": "x" * 201}, "note"),
        ({"replacing": "77"}, "__all__"),
    ],
)
def test_a_slip_is_shown_at_its_field(
    supervisor: Client, payer: Payer, fields: dict[str, Any], at: str
) -> None:
    answer = supervisor.post(page(payer, "announce"), announcement(supervisor, payer, **fields))
    assert at in context(answer)["form"].errors
    assert not RulesVersion.objects.exists()


def test_an_announcement_is_changed_where_it_was_made(supervisor: Client, payer: Payer) -> None:
    supervisor.post(page(payer, "announce"), announcement(supervisor, payer))
    again = announcement(supervisor, payer, day=tomorrow(9).isoformat(), note="Later")
    assert supervisor.post(page(payer, "announce"), again).status_code == 302
    version = RulesVersion.objects.announced().get()
    assert (version.day, version.note) == (tomorrow(9), "Later")
    assert version.rules["id_types"] == ["EMIRATESID"]


def test_withdrawing_asks_first_and_is_offered_only_where_something_is_announced(
    supervisor: Client, payer: Payer
) -> None:
    assert buttons(supervisor, payer) == ["Announce a change"]
    assert "Nothing is announced" in said(supervisor.get(page(payer, "withdraw")))
    supervisor.post(page(payer, "announce"), announcement(supervisor, payer))
    assert buttons(supervisor, payer) == ["Announce a change", "Withdraw the change"]
    assert "None of this will hold" in supervisor.get(page(payer, "withdraw")).content.decode()
    assert RulesVersion.objects.announced().exists()
    assert "was withdrawn" in said(supervisor.post(page(payer, "withdraw"), {"confirmed": "1"}))
    assert not RulesVersion.objects.announced().exists()


def test_a_change_that_has_begun_cannot_be_withdrawn(supervisor: Client, payer: Payer) -> None:
    makes_due(announced(payer))
    answer = supervisor.post(page(payer, "withdraw"), {"confirmed": "1"})
    assert "Its day has begun" in said(answer)
    assert "Holds now" in supervisor.get(page(payer)).content.decode()


def test_a_change_at_once_is_kept_and_says_that_another_is_announced(
    supervisor: Client, cast: Cast, payer: Payer
) -> None:
    announced(payer)
    body = filled_in(supervisor, page(payer)) | {"visit_types": ["OUTPATIENT"]}
    assert "A change is announced for this payer" in said(supervisor.post(page(payer), body))
    past = RulesVersion.objects.past().get()
    assert (past.rules["visit_types"], past.noted_by) == (payer.visit_types, cast.us.supervisor.pk)
    text = supervisor.get(page(payer)).content.decode()
    assert f"by {cast.us.supervisor.username}" in text
    assert "Takes these visits" in text


def test_nobody_saves_over_rules_that_began_while_the_form_was_open(
    supervisor: Client, payer: Payer
) -> None:
    version = announced(payer)
    body = filled_in(supervisor, page(payer)) | {"name": "Mine"}
    makes_due(version)
    answer = supervisor.post(page(payer), body)
    assert "Somebody else changed this payer" in answer.content.decode()
    payer.refresh_from_db()
    assert payer.id_types == ["PASSPORT"]
    assert payer.name != "Mine"


def test_a_name_alone_is_no_new_version(supervisor: Client, payer: Payer) -> None:
    body = filled_in(supervisor, page(payer)) | {"name": "Renamed"}
    assert supervisor.post(page(payer), body).status_code == 302
    assert not RulesVersion.objects.exists()
    since = payer.rules_from
    payer.refresh_from_db()
    assert payer.rules_from == since


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_may_not_edit_rules_sees_what_is_announced_and_no_button(
    cast: Cast, payer: Payer, role: Role
) -> None:
    version = announced(payer)
    client = enter(cast.us.people[role])
    text = client.get(page(payer)).content.decode()
    assert "(Asia/Dubai)" in text
    assert page(payer, "announce") not in text
    for name in ("announce", "withdraw"):
        assert client.post(page(payer, name), {"confirmed": "1"}).status_code == 403
    version.refresh_from_db()
    assert version.state == "announced"


def test_the_day_is_one_of_the_zone_beside_it(supervisor: Client, payer: Payer) -> None:
    today = timezone.now().astimezone(DUBAI).date()
    body = announcement(supervisor, payer, day=today.isoformat())
    answer = supervisor.post(page(payer, "announce"), body)
    assert "has begun already" in " ".join(context(answer)["form"].errors["day"])
    body["day"] = (today + timedelta(days=2)).isoformat()
    assert supervisor.post(page(payer, "announce"), body).status_code == 302
