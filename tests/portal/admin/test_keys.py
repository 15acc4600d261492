from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.models import ApiKey, AuditEvent, Verb
from tests.cast import Cast
from tests.factories import make_key
from tests.portal.admin.entering import enter, form_errors, said

ADD = "/admin/portal/apikey/add/"
LIST = "/admin/portal/apikey/"
GUARDED = "/v2/api-integration/bulk/get-results"


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


def a_key(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {
        "name": "Booking system",
        "scopes": ["eligibility:read", "eligibility:write"],
        "clinics": [str(cast.us.first.pk)],
        "expires_at_0": "",
        "expires_at_1": "",
    } | fields


def opens(text: str) -> bool:
    kind = "application/json"
    answer = Client().post(GUARDED, {}, content_type=kind, headers={"x-api-key": text})
    return answer.status_code != 401


def test_a_new_key_is_shown_once_and_works(admin: Client, cast: Cast) -> None:
    page = admin.post(ADD, a_key(cast)).content.decode()
    text = re.search(r"ep_[0-9a-f]{12}_[\w-]{43}", page)
    assert text is not None
    assert opens(text[0])
    key = ApiKey.objects.get(name="Booking system")
    assert (key.team, list(key.clinics.all())) == (cast.us.team, [cast.us.first])
    assert key.scopes == ["eligibility:read", "eligibility:write"]
    for address in (LIST, reverse("admin:portal_apikey_change", args=[key.pk])):
        assert text[0].split("_", 2)[2] not in admin.get(address).content.decode()


def test_the_log_says_who_issued_a_key_without_its_secret(admin: Client, cast: Cast) -> None:
    admin.post(ADD, a_key(cast))
    event = AuditEvent.objects.get(verb=Verb.CREATED)
    key = ApiKey.objects.get(name="Booking system")
    assert event.actor_id == cast.us.admin.pk
    assert event.changes["secret_digest"] == [None, "••••"]
    assert key.secret_digest not in str(event.changes)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"clinics": []}, "clinics"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
        ({"expires_at_0": "soon"}, "expires_at"),
    ],
)
def test_a_slip_is_shown_at_its_field(
    admin: Client, cast: Cast, fields: dict[str, Any], at: str
) -> None:
    assert at in form_errors(admin.post(ADD, a_key(cast, **fields)))
    assert not ApiKey.objects.filter(name="Booking system").exists()


def test_a_key_never_opens_a_clinic_of_another_team(admin: Client, cast: Cast) -> None:
    forged = a_key(cast, clinics=[str(cast.them.first.pk)])
    assert "clinics" in form_errors(admin.post(ADD, forged))


def test_the_end_is_read_in_the_clinics_time(admin: Client, cast: Cast) -> None:
    day = (timezone.now() + timedelta(days=2)).date()  # tomorrow may have begun there
    admin.post(ADD, a_key(cast, expires_at_0=day.isoformat(), expires_at_1="00:00"))
    end = ApiKey.objects.get(name="Booking system").expires_at
    assert end is not None
    assert (end.hour, end.minute) == (20, 0)


def test_revoking_asks_first_and_then_says_how_many(admin: Client, cast: Cast) -> None:
    open_keys = [make_key(cast.us.first)[0] for _ in range(2)]
    revoked = make_key(cast.us.first)[0]
    ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now())
    chosen = [key.pk for key in (*open_keys, revoked)]
    body = {"action": "revoke_selected", "_selected_action": chosen, "index": "0"}
    question = admin.post(LIST, body)
    assert "Revoke 2 keys?" in question.content.decode()
    assert ApiKey.objects.filter(pk__in=chosen, revoked_at=None).count() == 2
    done = admin.post(LIST, body | {"confirmed": "1"})
    assert said(done) == "2 keys revoked. 1 key had been revoked before."
    assert not ApiKey.objects.filter(pk__in=chosen, revoked_at=None).exists()
    assert AuditEvent.objects.filter(verb=Verb.REVOKED).count() == 2


def test_a_revoked_key_is_refused_from_the_next_request_on(admin: Client, cast: Cast) -> None:
    key, text = make_key(cast.us.first)
    assert opens(text)
    page = reverse("admin:portal_apikey_revoke", args=[key.pk])
    assert "Revoke the key" in admin.get(page).content.decode()
    assert opens(text)
    admin.post(page, {"confirmed": "1"})
    assert not opens(text)
    change = reverse("admin:portal_apikey_change", args=[key.pk])
    assert admin.post(change, a_key(cast)).status_code == 403


def test_keys_of_another_team_cannot_be_revoked(admin: Client, cast: Cast) -> None:
    key, text = make_key(cast.them.first)
    page = reverse("admin:portal_apikey_revoke", args=[key.pk])
    assert admin.post(page, {"confirmed": "1"}).status_code == 404
    body = {"action": "revoke_selected", "_selected_action": [key.pk], "confirmed": "1"}
    admin.post(LIST, body)
    assert opens(text)


def test_supervisors_have_nothing_to_do_with_keys(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    assert client.get(LIST).status_code == 403
    assert client.post(ADD, a_key(cast)).status_code == 403
    key, text = make_key(cast.us.first)
    page = reverse("admin:portal_apikey_revoke", args=[key.pk])
    assert client.post(page, {"confirmed": "1"}).status_code == 403
    assert opens(text)
