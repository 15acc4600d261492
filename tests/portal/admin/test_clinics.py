from __future__ import annotations

import phonenumbers
import pytest
from django.test import Client
from django.urls import reverse

from portal.admin.clinics import region_choices, zone_choices
from portal.models import AuditEvent, Clinic, Team, User
from portal.models.team import validate_timezone
from tests.cast import Cast
from tests.portal.admin.entering import enter, form_errors, said

ADD = "/admin/portal/clinic/add/"
A_CLINIC = {"name": "Palm Health Jumeirah", "timezone": "Asia/Dubai", "region": "AE"}


@pytest.fixture
def admin(cast: Cast) -> Client:
    return enter(cast.us.admin)


def test_a_new_clinic_belongs_to_the_team_and_its_maker_sees_it(admin: Client, cast: Cast) -> None:
    answer = admin.post(ADD, A_CLINIC)
    clinic = Clinic.objects.get(name="Palm Health Jumeirah")
    assert clinic.team == cast.us.team
    assert list(clinic.users.all()) == [cast.us.admin]
    assert "You belong to the new clinic" in said(answer)


def test_two_clinics_of_a_team_need_two_names(admin: Client, cast: Cast) -> None:
    twice = A_CLINIC | {"name": cast.us.first.name}
    assert "name" in form_errors(admin.post(ADD, twice))
    assert admin.post(ADD, A_CLINIC | {"name": cast.them.first.name}).status_code == 302


@pytest.mark.parametrize("field", ["timezone", "region"])
def test_only_zones_and_countries_that_exist_are_taken(admin: Client, field: str) -> None:
    assert field in form_errors(admin.post(ADD, A_CLINIC | {field: "Mars/Olympus"}))


def test_every_choice_on_offer_works() -> None:
    for _, zones in zone_choices():
        for zone, _ in zones:
            validate_timezone(zone)
    assert all(phonenumbers.country_code_for_region(code) for code, _ in region_choices())


def test_a_change_is_logged_with_before_and_after(admin: Client, cast: Cast) -> None:
    page = reverse("admin:portal_clinic_change", args=[cast.us.first.pk])
    body = {"name": cast.us.first.name, "timezone": "Asia/Muscat", "region": "OM"}
    assert admin.post(page, body).status_code == 302
    event = AuditEvent.objects.get(object_kind="portal.clinic")
    assert event.changes == {"timezone": ["Asia/Dubai", "Asia/Muscat"], "region": ["AE", "OM"]}
    assert event.clinic_id == cast.us.first.pk


def test_saving_without_a_change_leaves_no_event(admin: Client, cast: Cast) -> None:
    page = reverse("admin:portal_clinic_change", args=[cast.us.first.pk])
    body = {"name": cast.us.first.name, "timezone": "Asia/Dubai", "region": "AE"}
    assert admin.post(page, body).status_code == 302
    assert not AuditEvent.objects.filter(object_kind="portal.clinic").exists()


def test_only_superusers_make_teams(cast: Cast) -> None:
    add = reverse("admin:portal_team_add")
    assert enter(cast.us.admin).post(add, {"name": "New"}).status_code == 403
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    assert enter(root).post(add, {"name": "New", "is_production": "on"}).status_code == 302
    assert Team.objects.get(name="New").is_production


def test_an_admin_sees_the_own_team_but_does_not_change_it(cast: Cast) -> None:
    page = reverse("admin:portal_team_change", args=[cast.us.team.pk])
    client = enter(cast.us.admin)
    assert cast.us.team.pk in client.get(page).content.decode()
    assert client.post(page, {"name": "Ours"}).status_code == 403
