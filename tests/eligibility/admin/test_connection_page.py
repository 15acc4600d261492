from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from eligibility.admin.setting_inputs import inputs_of, shown, value_at
from eligibility.connectors.http_json.presets import PRESETS
from eligibility.connectors.registry import CONNECTORS
from eligibility.models import Connection, ConnectionSecret, LaneState, Payer
from portal.models import AuditEvent
from portal.sealing import unseal
from tests.cast import Cast
from tests.eligibility.admin.test_connection_form import ADD, LIMITS, page
from tests.portal.admin.entering import enter, form_errors, said

SECRET = "swordfish-27182"
GATEWAY = f"{ADD}?begin=http_json.gateway"


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


@pytest.fixture
def payer(cast: Cast) -> Payer:
    return Payer.objects.create(code="NEW01", name="New", kind="insurer", id_types=["EMIRATESID"])


def filled(preset: str, **fields: Any) -> dict[str, Any]:
    """The form as a browser posts it back, when nobody touched the preset."""
    settings = PRESETS[preset].settings
    texts = {
        f"settings-{one.path}": shown(one, value_at(settings, one.path))
        for one in inputs_of(CONNECTORS["http_json"].settings_class)
    }
    own = {
        "name": "New, live",
        "is_active": "on",
        "connector": "http_json",
        "base_url": "https://payer.example",
        **LIMITS,
    }
    return own | texts | fields


def make_gateway(admin: Client, payer: Payer) -> Connection:
    body = filled("gateway", payer=payer.pk, **{"secrets-api_key": SECRET})
    answer = admin.post(GATEWAY, body)
    assert answer.status_code == 302, form_errors(answer)
    return Connection.objects.get(payer=payer)


def test_a_new_connection_begins_with_what_the_payer_speaks(admin: Client) -> None:
    text = admin.get(ADD).content.decode()
    for word in ("Synchronous JSON", "Task-and-poll gateway", "Synthetic"):
        assert word in text
    form = admin.get(GATEWAY).content.decode()
    assert "bulk/create-tasks" in form
    assert 'name="secrets-api_key"' in form
    assert 'name="settings-default_script"' not in form


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_preset_that_nobody_touched_is_saved_as_it_is(
    admin: Client, payer: Payer, preset: str
) -> None:
    answer = admin.post(f"{ADD}?begin=http_json.{preset}", filled(preset, payer=payer.pk))
    assert answer.status_code == 302, form_errors(answer)
    kind = CONNECTORS["http_json"].settings_class
    stored = Connection.objects.get(payer=payer).settings
    assert kind.model_validate(stored) == kind.model_validate(PRESETS[preset].settings)


def test_a_secret_goes_in_and_never_comes_out(admin: Client, payer: Payer) -> None:
    connection = make_gateway(admin, payer)
    secret = ConnectionSecret.objects.get(connection=connection)
    assert unseal(secret.sealed) == SECRET
    for address in (page(connection), "/admin/portal/auditevent/"):
        text = admin.get(address).content.decode()
        assert SECRET not in text
        assert secret.sealed not in text
    assert SECRET not in json.dumps(list(AuditEvent.objects.values()), default=str)
    assert "api_key: set" in json.dumps(list(AuditEvent.objects.values("changes")))
    assert "changed" in admin.get(page(connection)).content.decode()


def test_an_empty_input_keeps_the_secret_and_a_tick_removes_it(admin: Client, payer: Payer) -> None:
    connection = make_gateway(admin, payer)
    before = ConnectionSecret.objects.get().sealed
    admin.post(page(connection), filled("gateway"))
    assert ConnectionSecret.objects.get().sealed == before
    admin.post(page(connection), filled("gateway", **{"secrets-api_key": SECRET + "-2"}))
    assert unseal(ConnectionSecret.objects.get().sealed) == SECRET + "-2"
    admin.post(page(connection), filled("gateway", **{"secrets-api_key-remove": "on"}))
    assert not ConnectionSecret.objects.exists()


def test_a_secret_with_a_slip_is_not_shown_again(admin: Client, payer: Payer) -> None:
    body = filled("gateway", payer=payer.pk, **{"secrets-api_key": " " + SECRET})
    answer = admin.post(GATEWAY, body)
    assert "secrets" in form_errors(answer)
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"settings-submit.path": "/checks/{id_value}"}, "about the patient"),
        ({"settings-submit.query": "dob = {dob}"}, "about the patient"),
        ({"settings-submit.headers": "X-Name = {name}"}, "about the patient"),
        ({"settings-submit.headers": "Host = elsewhere"}, "set by the portal itself"),
        ({"settings-submit.path": "//elsewhere.example/"}, "A path starts with /"),
        ({"settings-submit.path": "/a/../b"}, "no . or .. parts"),
        ({"settings-submit.path": ""}, "Say where to send the question"),
        ({"settings-submit.body": '{"a": }'}, "This is not JSON"),
        ({"settings-submit.body": '{"a": "{surname}"}'}, "There is no {surname}"),
        ({"settings-submit.body": '{"a": "{id_value"}'}, "lone brace"),
        ({"settings-submit.body": '{"a": "x {extra_args}"}'}, "must stand alone"),
        ({"settings-reading.outcome": "a..b"}, "Cannot be read at character 3"),
        ({"settings-reading.outcome": "a."}, "Cannot be read at character 3"),
        ({"settings-reading.outcome": "shout(a)"}, "There is no function shout()"),
        ({"settings-reading.outcome": ""}, "Say where the answer"),
        ({"settings-reading.outcomes": "yes eligible"}, "Line 1 is not of the form"),
        ({"settings-reading.outcomes": "Y = maybe"}, "is none of"),
        ({"settings-reading.outcomes": "null = eligible"}, "No answer cannot mean eligible"),
        ({"settings-reading.outcomes": "Y = eligible\ny = not_eligible"}, "stands there twice"),
        ({"settings-reading.errors": "E1 = eligible"}, "an error cannot mean eligible"),
        ({"settings-reading.statuses": "999 = later"}, "is not an HTTP status"),
        ({"settings-answer.services": "GP = doctor"}, "is none of consultation"),
        ({"settings-login.user": "", "settings-login.kind": "oauth2"}, "This login needs it"),
        ({"settings-login.token_url": "ftp://payer.example"}, "not a web address"),
        ({"settings-poll.path": ""}, "needs a way to ask again"),
        ({"settings-probe.path": "/x/{handle}"}, "known only when asking again"),
    ],
)
def test_a_slip_in_the_settings_is_shown_at_its_own_input(
    admin: Client, payer: Payer, fields: dict[str, str], words: str
) -> None:
    answer = admin.post(GATEWAY, filled("gateway", payer=payer.pk, **fields))
    assert "settings" in form_errors(answer)
    text = answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    name = next(iter(fields))
    field = text[text.index(f'id="id_{name}"') :]
    error = field[: field.index("</div>")]
    assert words in error
    assert not Connection.objects.filter(payer=payer).exists()


def test_a_sample_is_tried_on_settings_that_were_not_saved(admin: Client, payer: Payer) -> None:
    sample = {"reference": "R-1", "status": "covered", "member": {"name": "Sample Person"}}
    body = filled(
        "synchronous",
        payer=payer.pk,
        **{
            "_try": "1",
            "sample-text": json.dumps(sample),
            "sample-status": "200",
            "sample-stage": "submit",
            "settings-reading.outcomes": "covered = eligible",
            "settings-answer.dob": "member.name",
        },
    )
    answer = admin.post(f"{ADD}?begin=http_json.synchronous", body)
    text = answer.content.decode()
    assert "This was only a try: nothing has been saved." in text
    for word in ("Eligible", "covered", "R-1", "member.name", "Sample Person", "dob"):
        assert word in text
    assert not Connection.objects.filter(payer=payer).exists()


@pytest.mark.parametrize(
    ("sample", "status", "words"),
    [
        ("", "200", "Paste an answer"),
        ("{}", "abc", "from 100 to 599"),
        ("not json", "200", "answer is not JSON."),
        ("{}", "503", "The payer is not available"),
        ('{"status": "surprise"}', "200", "Undetermined"),
    ],
)
def test_a_sample_that_means_nothing_good_says_so(
    admin: Client, payer: Payer, sample: str, status: str, words: str
) -> None:
    tried = {"_try": "1", "sample-text": sample, "sample-status": status}
    body = filled("synchronous", payer=payer.pk, **tried)
    text = admin.post(f"{ADD}?begin=http_json.synchronous", body).content.decode()
    assert words in text


def test_new_settings_or_secrets_open_a_lane_whose_login_was_locked(
    admin: Client, payer: Payer
) -> None:
    connection = make_gateway(admin, payer)

    def lock() -> LaneState:
        state, _ = LaneState.objects.get_or_create(connection=connection)
        LaneState.objects.update(login_failures=2, credential_locked_at="2026-01-01T00:00Z")
        return state

    for change in (
        {"secrets-api_key": SECRET + "-2"},
        {"settings-login.kind": "header"},
        {"base_url": "https://other.example", "settings-login.kind": "header"},
    ):
        state = lock()
        assert "Locked" in admin.get(page(connection)).content.decode()
        admin.post(page(connection), filled("gateway", **change))
        state.refresh_from_db()
        assert (state.login_failures, state.credential_locked_at) == (0, None), change


def test_a_test_call_is_asked_for_first_and_its_outcome_is_kept(
    admin: Client, cast: Cast, payer: Payer
) -> None:
    connection = make_gateway(admin, payer)
    Connection.objects.filter(pk=connection.pk).update(base_url="http://127.0.0.1:9")
    probe = reverse("admin:eligibility_connection_probe", args=[connection.pk])
    assert "Make a test call with" in admin.get(probe).content.decode()
    assert not LaneState.objects.filter(last_probe_at__isnull=False).exists()
    answer = admin.post(probe, {"confirmed": "1"})
    assert "not one that this portal may call" in said(answer)
    state = LaneState.objects.get(connection=connection)
    assert (state.last_probe_ok, state.last_probe_code) == (False, "address")
    assert "Not well: address" in admin.get(page(connection)).content.decode()
    supervisor = enter(cast.us.supervisor)
    assert supervisor.post(probe, {"confirmed": "1"}).status_code == 403
    assert "Test call" not in supervisor.get(page(connection)).content.decode()


def test_a_supervisor_sees_neither_secrets_nor_samples(
    admin: Client, cast: Cast, payer: Payer
) -> None:
    connection = make_gateway(admin, payer)
    text = enter(cast.us.supervisor).get(page(connection)).content.decode()
    assert connection.name in text
    for word in ("secrets-api_key", "sample-text", "bulk/create-tasks"):
        assert word not in text
