from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eligibility.admin.connection_form import BOUNDS
from eligibility.admin.setting_inputs import as_text, from_text
from eligibility.models import Connection, Payer
from portal.models import AuditEvent, Verb
from tests.cast import Cast
from tests.portal.admin.entering import enter, form_errors, said

ADD = "/admin/eligibility/connection/add/"
LIST = "/admin/eligibility/connection/"
LIMITS = {
    "max_in_flight": "4",
    "deadline": "30",
    "max_conversations": "5",
    "give_up_after": "3600",
    "answer_within": "1800",
    "backoff_min": "5",
    "backoff_max": "600",
    "expected_pace": "1",
}


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


@pytest.fixture
def payer(cast: Cast) -> Payer:
    return Payer.objects.create(code="NEW01", name="New", kind="insurer", id_types=["EMIRATESID"])


def page(connection: Connection) -> str:
    return reverse("admin:eligibility_connection_change", args=[connection.pk])


def a_connection(payer: Payer | None, **fields: Any) -> dict[str, Any]:
    return {
        "name": "New, live",
        "payer": payer.pk if payer else "",
        "is_active": "on",
        "connector": "synthetic",
        "base_url": "",
        **LIMITS,
    } | fields


def own(cast: Cast) -> Connection:
    return Connection.objects.get(team=cast.us.team, payer__code="TPA002")


def test_a_new_connection_belongs_to_the_admins_team(
    admin: Client, cast: Cast, payer: Payer
) -> None:
    body = a_connection(payer, **{"settings-latency_ms": "20, 80"})
    assert admin.post(ADD, body).status_code == 302
    made = Connection.objects.get(payer=payer)
    assert made.team == cast.us.team
    assert made.settings == {"latency_ms": [20, 80]}
    assert made.give_up_after == 3600


@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"connector": "telepathy"}, "connector", "telepathy"),
        ({"backoff_min": "60", "backoff_max": "5"}, "backoff_max", "shorter"),
        ({"give_up_after": "10"}, "give_up_after", "shorter than the wait"),
        ({"base_url": "ftp://payer.example"}, "base_url", "web address"),
        ({"base_url": "payer.example"}, "base_url", "web address"),
        ({"base_url": "https://[bad"}, "base_url", "web address"),
        ({"base_url": "https://me:pw@payer.example"}, "base_url", "password out"),
        ({"settings-latency_ms": "80, 20"}, "settings", "cannot work"),
        ({"settings-latency_ms": "fast"}, "settings", "cannot work"),
        ({"settings-default_script": "outcome=maybe"}, "settings", "cannot work"),
    ],
)
def test_a_slip_is_shown_at_its_field(
    admin: Client, payer: Payer, fields: dict[str, Any], at: str, words: str
) -> None:
    answer = admin.post(ADD, a_connection(payer, **fields))
    assert answer.status_code == 200
    assert words in " ".join(form_errors(answer)[at])
    assert not Connection.objects.filter(payer=payer).exists()


@pytest.mark.parametrize("name", list(BOUNDS))
def test_limits_have_sensible_bounds(admin: Client, payer: Payer, name: str) -> None:
    low, high = BOUNDS[name]
    for slip in (str(low - 1), str(high * 2 + 1), "many", ""):
        answer = admin.post(ADD, a_connection(payer, **{name: slip}))
        assert name in form_errors(answer), slip


def test_a_fault_of_a_setting_stands_at_its_own_input(admin: Client, payer: Payer) -> None:
    body = a_connection(payer, **{"settings-latency_ms": "80, 20"})
    text = admin.post(ADD, body).content.decode()
    assert "The first number must not be larger than the second." in text
    assert 'value="80, 20"' in text


def test_a_team_has_one_connection_a_payer_and_one_for_tests(
    admin: Client, cast: Cast, payers: dict[str, Payer]
) -> None:
    assert "payer" in form_errors(admin.post(ADD, a_connection(payers["TPA002"])))
    assert "payer" in form_errors(admin.post(ADD, a_connection(None)))


def test_a_change_is_logged_and_payer_and_connector_stay(
    admin: Client, cast: Cast, payers: dict[str, Payer]
) -> None:
    connection = own(cast)
    body = a_connection(payers["TPA001"], name=connection.name, connector="telepathy")
    assert admin.post(page(connection), body).status_code == 302
    connection.refresh_from_db()
    assert (connection.payer, connection.connector) == (payers["TPA002"], "synthetic")
    event = AuditEvent.objects.get(verb=Verb.CHANGED)
    assert event.changes["max_in_flight"] == [20, 4]
    assert event.changes["deadline"] == [5.0, 30.0]
    assert "payer" not in event.changes


def test_connections_are_switched_many_at_once_and_the_page_says_how_many(
    admin: Client, cast: Cast
) -> None:
    chosen = [own(cast).pk, Connection.objects.get(team=cast.them.team, payer=None).pk]
    body = {"action": "deactivate", "_selected_action": chosen}
    assert said(admin.post(LIST, body)) == "1 switched off."
    assert not own(cast).is_active
    assert Connection.objects.get(pk=chosen[1]).is_active
    assert said(admin.post(LIST, body)).endswith("0 switched off, 1 already was.")


def test_a_supervisor_reads_connections_without_their_settings(cast: Cast) -> None:
    connection = own(cast)
    Connection.objects.filter(pk=connection.pk).update(settings={"default_script": "outcome=x"})
    client = enter(cast.us.supervisor)
    text = client.get(page(connection)).content.decode()
    assert connection.name in text
    assert "outcome=x" not in text
    assert client.post(page(connection), a_connection(None)).status_code == 403
    forged = {"action": "deactivate", "_selected_action": [connection.pk]}
    assert client.post(LIST, forged).status_code == 403


def test_a_connection_of_another_team_is_not_there(admin: Client, cast: Cast) -> None:
    theirs = Connection.objects.get(team=cast.them.team, payer=None)
    admin.post(page(theirs), a_connection(None, name="Ours"))
    theirs.refresh_from_db()
    assert theirs.name != "Ours"


@pytest.mark.parametrize("value", ["delay=5", [20, 200], 7, True, {"a": 1}, [0.5]])
def test_a_setting_comes_back_as_it_was_shown(value: Any) -> None:
    shown = as_text(value)
    kind = str if isinstance(value, str) else None
    read = from_text(shown, kind)
    assert read == value or [read] == value
