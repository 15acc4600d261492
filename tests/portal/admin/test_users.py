from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.models import AuditEvent, Role, User, Verb
from tests.cast import Cast
from tests.portal.admin.entering import enter, form_errors

ADD = "/admin/portal/user/add/"
GOOD_PASSWORD = "three-calm-camels"


def change(user: User) -> str:
    return reverse("admin:portal_user_change", args=[user.pk])


def a_person(cast: Cast, **fields: Any) -> dict[str, Any]:
    return {
        "username": "noor",
        "first_name": "Noor",
        "last_name": "Example",
        "email": "",
        "password1": GOOD_PASSWORD,
        "password2": GOOD_PASSWORD,
        "role": "operator",
        "clinics": [str(cast.us.first.pk)],
    } | fields


def as_form(user: User, **fields: Any) -> dict[str, Any]:
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "role": user.role,
        "clinics": [str(clinic.pk) for clinic in user.clinics.all()],
        "is_active": "on",
    } | fields


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


def test_a_new_person_works_in_the_admins_team_and_can_log_in(admin: Client, cast: Cast) -> None:
    answer = admin.post(ADD, a_person(cast))
    assert answer.headers["Location"] == reverse("admin:portal_user_changelist")
    noor = User.objects.get(username="noor")
    assert noor.team == cast.us.team
    assert (noor.role, noor.is_staff, noor.is_superuser) == (Role.OPERATOR, True, False)
    assert list(noor.clinics.all()) == [cast.us.first]
    assert noor.check_password(GOOD_PASSWORD)


def test_the_log_says_who_made_whom_but_not_the_password(admin: Client, cast: Cast) -> None:
    admin.post(ADD, a_person(cast))
    event = AuditEvent.objects.get(verb=Verb.CREATED)
    assert (event.actor_id, event.object_name) == (cast.us.admin.pk, "noor")
    assert event.changes["role"] == [None, "operator"]
    assert event.changes["clinics"] == [None, [cast.us.first.name]]
    assert event.changes["password"] == [None, "••••"]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password2": "another-one-9"}, "password2"),
        ({"username": "with space"}, "username"),
        ({"username": "palm-viewer"}, "username"),
        ({"role": "owner"}, "role"),
        ({"username": ""}, "username"),
    ],
)
def test_a_slip_is_shown_at_its_field(
    admin: Client, cast: Cast, fields: dict[str, Any], at: str
) -> None:
    answer = admin.post(ADD, a_person(cast, **fields))
    assert answer.status_code == 200
    assert at in form_errors(answer)
    assert not User.objects.filter(username="noor").exists()


def test_nobody_is_put_into_a_clinic_of_another_team(admin: Client, cast: Cast) -> None:
    forged = a_person(cast, clinics=[str(cast.them.first.pk)])
    assert "clinics" in form_errors(admin.post(ADD, forged))


def test_forged_fields_lift_nobody(admin: Client, cast: Cast) -> None:
    admin.post(ADD, a_person(cast, is_superuser="on", team=cast.them.team.pk))
    noor = User.objects.get(username="noor")
    assert (noor.is_superuser, noor.team) == (False, cast.us.team)


def test_a_role_is_changed_and_the_log_has_before_and_after(admin: Client, cast: Cast) -> None:
    viewer = cast.us.viewer
    body = as_form(viewer, role="supervisor", clinics=[str(cast.us.second.pk)])
    assert admin.post(change(viewer), body).status_code == 302
    event = AuditEvent.objects.get(verb=Verb.CHANGED)
    assert event.changes == {
        "role": ["viewer", "supervisor"],
        "clinics": [[cast.us.first.name], [cast.us.second.name]],
    }


def test_admins_do_not_change_their_own_role_clinics_or_access(admin: Client, cast: Cast) -> None:
    own = cast.us.admin
    cast.us.admin.clinics.set([cast.us.first])
    body = as_form(own, first_name="New", role="viewer", clinics=[str(cast.us.second.pk)])
    del body["is_active"]
    assert admin.post(change(own), body).status_code == 302
    own.refresh_from_db()
    assert (own.first_name, own.role, own.is_active) == ("New", Role.ADMIN, True)
    assert list(own.clinics.all()) == [cast.us.first]


def test_people_of_another_team_are_out_of_reach(admin: Client, cast: Cast) -> None:
    theirs = cast.them.viewer
    admin.post(change(theirs), as_form(theirs, role="admin"))
    theirs.refresh_from_db()
    assert theirs.role == Role.VIEWER
    password = reverse("admin:auth_user_password_change", args=[theirs.pk])
    assert admin.get(password).status_code in {403, 404}


def test_superusers_of_the_team_are_out_of_an_admins_reach(admin: Client, cast: Cast) -> None:
    chief = User.objects.create(
        username="chief", team=cast.us.team, is_staff=True, is_superuser=True
    )
    assert admin.post(change(chief), as_form(chief, is_active="")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[chief.pk])
    assert admin.get(password).status_code == 403


def test_somebody_who_leaves_is_switched_off_not_deleted(admin: Client, cast: Cast) -> None:
    viewer = cast.us.viewer
    body = as_form(viewer)
    del body["is_active"]
    admin.post(change(viewer), body)
    viewer.refresh_from_db()
    assert not viewer.is_active
    delete = reverse("admin:portal_user_delete", args=[viewer.pk])
    assert admin.post(delete, {"post": "yes"}).status_code == 403


def test_an_admin_sets_a_new_password_for_a_colleague(admin: Client, cast: Cast) -> None:
    viewer = cast.us.viewer
    page = reverse("admin:auth_user_password_change", args=[viewer.pk])
    body = {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
    assert admin.get(page).status_code == 200
    assert admin.post(page, body).status_code == 302
    viewer.refresh_from_db()
    assert viewer.check_password(GOOD_PASSWORD)
    event = AuditEvent.objects.get(verb=Verb.PASSWORD_CHANGED)
    assert (event.object_id, event.actor_id) == (viewer.pk, cast.us.admin.pk)
    assert GOOD_PASSWORD not in str(event.changes)


def test_the_own_password_asks_for_the_old_one(admin: Client, cast: Cast) -> None:
    page = reverse("admin:auth_user_password_change", args=[cast.us.admin.pk])
    assert admin.get(page).headers["Location"] == reverse("admin:password_change")
    body = {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
    assert admin.post(page, body).headers["Location"] == reverse("admin:password_change")


def test_a_superuser_makes_the_first_admin_of_a_team(cast: Cast) -> None:
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    client = enter(root)
    assert "team" in form_errors(client.post(ADD, a_person(cast, role="admin")))
    body = a_person(cast, role="admin", team=cast.us.team.pk)
    assert client.post(ADD, body).status_code == 302
    assert User.objects.get(username="noor").team == cast.us.team
