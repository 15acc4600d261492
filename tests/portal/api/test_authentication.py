from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.api import authentication
from portal.models import ApiKey, Scope
from tests.factories import make_clinic, make_key, make_team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.api.echo")]


def ask(client: Client, **headers: str) -> Any:
    return client.get(
        "/v2/echo", headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


def code_of(response: Any) -> str:
    code: str = response.json()["error"]["code"]
    return code


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("authorization", "Bearer {}"),
        ("authorization", "bearer  {}"),
        ("x_api_key", "{}"),
        ("x_api_key", "Bearer {}"),
        ("X_API_KEY", "{}"),
    ],
)
def test_each_header_form_names_the_caller(client: Client, name: str, form: str) -> None:
    clinic = make_clinic()
    key, text = make_key(clinic)
    response = ask(client, **{name: form.format(text)})
    assert response.status_code == 200
    assert response.json() == {
        "team": clinic.team_id,
        "clinic": str(clinic.pk),
        "actor": key.pk,
    }


def test_no_key_is_a_401_that_says_how_to_send_one(client: Client) -> None:
    response = ask(client)
    assert response.status_code == 401
    assert code_of(response) == "UNAUTHORIZED"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="eligibility-portal"'


def test_another_authorization_scheme_beside_a_key_is_ignored(client: Client) -> None:
    _, text = make_key()
    assert ask(client, authorization="Basic dTpw", x_api_key=text).status_code == 200
    assert ask(client, authorization="Basic dTpw").status_code == 401


@pytest.mark.parametrize(
    "text", ["nonsense", "ep_000000000000_nonsense", "ep__", "ep_\x00_x", "é", "Bearer", "x" * 5000]
)
def test_what_is_no_key_of_ours_is_a_401(client: Client, text: str) -> None:
    make_key()
    response = ask(client, x_api_key=text)
    assert response.status_code == 401
    assert "WWW-Authenticate" in response.headers


def test_a_right_public_part_with_a_wrong_secret_is_a_401(client: Client) -> None:
    _, text = make_key()
    response = ask(client, x_api_key=text[:-1] + ("A" if text[-1] != "A" else "B"))
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_an_expired_and_a_revoked_key_are_401(client: Client) -> None:
    _, expired = make_key(expires_at=timezone.now() - timedelta(seconds=1))
    key, revoked = make_key()
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    for text in (expired, revoked):
        response = ask(client, authorization=f"Bearer {text}")
        assert response.status_code == 401
        assert code_of(response) == "UNAUTHORIZED"


def test_the_same_key_twice_is_fine_and_two_different_ones_are_a_400(client: Client) -> None:
    _, one = make_key()
    _, other = make_key()
    assert ask(client, authorization=f"Bearer {one}", x_api_key=one).status_code == 200
    response = ask(client, authorization=f"Bearer {one}", x_api_key=other)
    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["code"] == "key.conflict"


def test_a_key_of_several_clinics_must_say_for_which_it_asks(client: Client) -> None:
    team = make_team()
    clinics = [make_clinic(team) for _ in range(3)]
    _, text = make_key(*clinics)
    response = ask(client, x_api_key=text)
    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["code"] == "clinic.required"
    for clinic in clinics:
        named = ask(client, x_api_key=text, x_clinic_id=str(clinic.pk))
        assert named.json()["clinic"] == str(clinic.pk)


def test_a_clinic_outside_the_key_is_a_403_even_in_the_same_team(client: Client) -> None:
    team = make_team()
    _, text = make_key(make_clinic(team))
    for foreign in (make_clinic(team), make_clinic()):
        response = ask(client, x_api_key=text, x_clinic_id=str(foreign.pk))
        assert response.status_code == 403
        assert response.json()["error"]["details"][0]["code"] == "clinic.foreign"


def test_a_clinic_of_another_team_is_refused_even_when_the_key_lists_it(client: Client) -> None:
    key, text = make_key()
    foreign = make_clinic()
    key.clinics.add(foreign)
    assert ask(client, x_api_key=text, x_clinic_id=str(foreign.pk)).status_code == 403


@pytest.mark.parametrize("text", ["7", "not-a-uuid", "\x00", "é" * 40])
def test_a_malformed_clinic_id_is_a_400(client: Client, text: str) -> None:
    _, key = make_key()
    response = ask(client, x_api_key=key, x_clinic_id=text)
    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["code"] == "clinic.malformed"


def test_a_key_without_any_clinic_is_a_403(client: Client) -> None:
    key, text = make_key()
    key.clinics.clear()
    assert ask(client, x_api_key=text).status_code == 403


def test_a_missing_scope_is_a_403_that_names_it(client: Client) -> None:
    _, text = make_key(scopes=[Scope.RECORDS_WRITE])
    response = ask(client, x_api_key=text)
    assert response.status_code == 403
    assert code_of(response) == "FORBIDDEN"
    assert response.json()["error"]["details"][0]["suggestion"] == "records:read"


def test_an_action_that_names_no_scope_is_nobodys(client: Client) -> None:
    _, text = make_key()
    assert client.get("/v2/forgotten", headers={"x-api-key": text}).status_code == 403


@pytest.mark.parametrize("method", ["delete", "put", "patch", "options"])
def test_another_method_is_a_405_with_or_without_a_key(client: Client, method: str) -> None:
    response = getattr(client, method)("/v2/echo")
    assert response.status_code == 405
    assert code_of(response) == "METHOD_NOT_ALLOWED"


def test_a_request_costs_two_queries_and_one_more_a_minute(client: Client) -> None:
    clinics = [make_clinic(team := make_team()), *(make_clinic(team) for _ in range(9))]
    _, text = make_key(*clinics)
    headers = {"x-api-key": text, "x-clinic-id": str(clinics[4].pk)}
    counts = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(3):
            with CaptureQueriesContext(connection) as queries:
                client.get("/v2/echo", headers=headers)
            counts.append(len(queries))
            clock.shift(40)
    quota = 1 if connection.vendor == "postgresql" else 0  # elsewhere in a file of its own
    assert counts == [3 + quota, 2 + quota, 3 + quota]


def test_the_last_use_is_noted_to_the_minute(client: Client) -> None:
    key, text = make_key()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(client, x_api_key=text)
        first = ApiKey.objects.get(pk=key.pk).last_used_at
        clock.shift(59)
        ask(client, x_api_key=text)
        assert ApiKey.objects.get(pk=key.pk).last_used_at == first
        clock.shift(1)
        ask(client, x_api_key=text)
    assert first is not None
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first + timedelta(seconds=60)


def test_a_refused_key_leaves_no_trace_of_use(client: Client) -> None:
    key, text = make_key(expires_at=timezone.now() - timedelta(seconds=1))
    ask(client, x_api_key=text)
    assert ApiKey.objects.get(pk=key.pk).last_used_at is None


def test_a_failure_to_note_the_use_does_not_fail_the_request(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = make_key()

    class Broken:
        def __enter__(self) -> None:
            raise DatabaseError("disk full")

        def __exit__(self, *failure: object) -> None: ...

    monkeypatch.setattr(authentication, "_NoWait", Broken)
    assert ask(client, x_api_key=text).status_code == 200


def test_the_callers_text_shows_no_secret() -> None:
    key, text = make_key()
    caller = authentication.Caller(key, key.team, make_clinic(), frozenset())
    secret = text.split("_", 2)[2]
    assert len(secret) > 40
    assert secret not in f"{caller} {caller!r}"


@pytest.mark.sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_busy_database_does_not_hold_up_a_reader(client: Client) -> None:
    key, text = make_key()
    writer = sqlite3.connect(str(connection.settings_dict["NAME"]), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        started = time.monotonic()
        assert ask(client, x_api_key=text).status_code == 200
        assert time.monotonic() - started < 2
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert ApiKey.objects.get(pk=key.pk).last_used_at is None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] >= 5_000
