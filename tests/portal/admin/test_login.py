from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from portal.models import AuditEvent, User, Verb
from portal.sessions import client_ip
from tests.cast import Cast
from tests.portal.admin.entering import PASSWORD, enter, said, with_password

LOGIN = "/admin/login/"
HOME = "/admin/"


@pytest.fixture
def operator(cast: Cast) -> User:
    return with_password(cast.us.operator)


def log_in(client: Client, user: User, password: str = PASSWORD, **extra: str) -> int:
    body = {"username": user.username, "password": password, "next": HOME}
    return client.post(LOGIN, body, **extra).status_code  # type: ignore[arg-type]


def is_in(client: Client) -> bool:
    return SESSION_KEY in client.session


def test_the_right_password_opens_the_home_page_and_is_noted(
    client: Client, operator: User
) -> None:
    answer = client.post(LOGIN, {"username": operator.username, "password": PASSWORD})
    assert answer.headers["Location"] == reverse("admin:index")
    assert client.get(HOME).status_code == 200
    event = AuditEvent.objects.get(verb=Verb.SIGNED_IN)
    assert (event.actor_id, event.team_id) == (operator.pk, operator.team_id)


def test_a_login_leads_back_to_where_one_wanted_to_go(client: Client, operator: User) -> None:
    wanted = reverse("admin:eligibility_payer_changelist")
    refused = client.get(wanted)
    assert refused.headers["Location"] == f"{LOGIN}?next={wanted}"
    page = client.get(refused.headers["Location"])
    assert f'name="next" value="{wanted}"' in page.content.decode()


def test_a_login_never_leads_to_another_host(client: Client, operator: User) -> None:
    body = {"username": operator.username, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(LOGIN, body).headers["Location"] == reverse("admin:index")


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    client: Client, operator: User
) -> None:
    wrong = client.post(LOGIN, {"username": operator.username, "password": "wrong"})
    unknown = client.post(LOGIN, {"username": "nobody", "password": "wrong"})
    words = "do not belong together"
    assert words in wrong.content.decode()
    assert words in unknown.content.decode()


def test_five_wrong_passwords_lock_the_name_from_that_place_for_a_while(
    client: Client, operator: User
) -> None:
    for _ in range(5):
        status = log_in(client, operator, "wrong")
    assert status == 429
    answer = client.post(LOGIN, {"username": operator.username, "password": PASSWORD})
    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert "15 minutes" in answer.content.decode()
    assert answer.headers["Retry-After"] == "900"
    assert not is_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert log_in(client, operator) == 302


def test_the_others_of_the_clinic_are_not_locked_out_with_them(
    client: Client, operator: User, cast: Cast
) -> None:
    for _ in range(6):
        log_in(client, operator, "wrong")
    assert log_in(client, with_password(cast.us.viewer)) == 302
    assert log_in(Client(), operator, REMOTE_ADDR="10.1.1.1") == 302


def test_a_login_through_the_form_forgets_earlier_slips(client: Client, operator: User) -> None:
    for _ in range(4):
        log_in(client, operator, "wrong")
    assert log_in(client, operator) == 302
    for _ in range(4):
        assert log_in(Client(), operator, "wrong") == 200


def test_somebody_who_was_switched_off_is_out_at_once(cast: Cast) -> None:
    client = enter(cast.us.operator)
    assert client.get(HOME).status_code == 200
    User.objects.filter(pk=cast.us.operator.pk).update(is_active=False)
    assert client.get(HOME).status_code == 302


def test_nothing_done_for_half_an_hour_ends_the_login(cast: Cast) -> None:
    client = enter(cast.us.operator)
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client.get(HOME)
        for minutes in (20, 40, 60):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get(HOME).status_code == 200
        clock.move_to(start + timedelta(minutes=91))
        answer = client.get(HOME)
        assert answer.status_code == 302
        assert "nothing happened" in said(answer)
        assert not is_in(client)


def test_a_login_ends_after_a_working_day_however_busy(cast: Cast, settings: Settings) -> None:
    settings.SESSION_ABSOLUTE_SECONDS = 3600
    client, start = enter(cast.us.operator), timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for minutes in (0, 25, 50):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get(HOME).status_code == 200
        clock.move_to(start + timedelta(minutes=61))
        assert client.get(HOME).status_code == 302


def test_a_page_that_refreshes_itself_keeps_nobody_logged_in(cast: Cast) -> None:
    client, start = enter(cast.us.operator), timezone.now()
    background = {"X-Background": "1"}
    with time_machine.travel(start, tick=False) as clock:
        client.get(HOME)
        for minutes in (10, 20, 29):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get(HOME, headers=background).status_code == 200
        clock.move_to(start + timedelta(minutes=31))
        ended = client.get(HOME, headers=background)
    assert ended.status_code == 204
    assert ended.headers["HX-Refresh"] == "true"


def test_a_visit_writes_the_session_once_a_minute_at_most(cast: Cast) -> None:
    client = enter(cast.us.operator)
    client.get(HOME)
    before = dict(client.session.items())
    client.get(HOME)
    assert dict(client.session.items()) == before


@pytest.mark.parametrize("path", [LOGIN, HOME, "/admin/nothing/", "/admin/jsi18n/"])
def test_no_page_is_kept_by_a_browser_or_a_proxy(path: str, cast: Cast) -> None:
    answer = enter(cast.us.operator).get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self' 'unsafe-eval'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_the_password_can_be_changed_and_the_change_is_noted(
    client: Client, operator: User
) -> None:
    log_in(client, operator)
    body = {
        "old_password": PASSWORD,
        "new_password1": "another-long-one-7",
        "new_password2": "another-long-one-7",
    }
    assert client.post("/admin/password_change/", body).status_code == 302
    assert client.get(HOME).status_code == 200
    event = AuditEvent.objects.get(verb=Verb.PASSWORD_CHANGED)
    assert event.object_id == operator.pk
    assert "another" not in str(event.changes) + str(event.details)
    assert log_in(Client(), operator, "another-long-one-7") == 302


def test_leaving_ends_the_session_and_is_noted(client: Client, operator: User) -> None:
    log_in(client, operator)
    answer = client.post("/admin/logout/")
    assert answer.headers["Location"] == LOGIN
    assert not is_in(client)
    assert AuditEvent.objects.filter(verb=Verb.SIGNED_OUT, actor_id=operator.pk).exists()


def test_a_mere_link_logs_nobody_out(cast: Cast) -> None:
    client = enter(cast.us.operator)
    assert client.get("/admin/logout/").status_code == 405
    assert client.get(HOME).status_code == 200
    assert not AuditEvent.objects.filter(verb=Verb.SIGNED_OUT).exists()


@pytest.mark.parametrize(
    ("count", "forwarded", "expected"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (1, "", "9.9.9.9"),
        (2, "1.1.1.1", "9.9.9.9"),
        (1, "nonsense", "9.9.9.9"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_behind_proxies_is_what_our_own_proxy_saw(
    settings: Settings, count: int, forwarded: str, expected: str
) -> None:
    settings.PROXY_COUNT = count
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR="9.9.9.9")
    assert client_ip(request) == expected


def test_a_form_from_an_ended_session_is_refused_in_plain_words(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.us.admin, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/admin/password_change/", {"old_password": "x"})
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()


def test_times_are_those_of_the_persons_clinic(cast: Cast) -> None:
    client = enter(cast.us.admin)
    with time_machine.travel("2026-11-22T20:30:00+00:00", tick=False):
        client.post("/admin/logout/")
        client = enter(cast.us.admin)
        page = client.get(reverse("admin:portal_auditevent_changelist")).content.decode()
    assert "23 Nov 2026, 00:30:00" in page
