from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory

from portal.admin_site import PortalModelAdmin, site
from portal.models import Clinic, Role, User
from portal.roles import Capability, can, permitted, requires, visible_clinic_ids, visible_clinics
from tests.cast import Cast

EXPECTED = {
    Role.VIEWER: "VIEW",
    Role.OPERATOR: "VIEW FIX RERUN IMPORT CREATE",
    Role.SUPERVISOR: "VIEW FIX RERUN IMPORT CREATE CANCEL DELETE EXPORT REVEAL SEE_RAW EDIT_RULES "
    "RUN_LANES",
    Role.ADMIN: "VIEW FIX RERUN IMPORT CREATE CANCEL DELETE EXPORT REVEAL SEE_RAW EDIT_RULES "
    "RUN_LANES MANAGE_KEYS MANAGE_USERS MANAGE_CONNECTIONS MANAGE_WEBHOOKS",
}


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_may_do_what_the_product_says(role: Role, cast: Cast) -> None:
    may = {each.name for each in Capability if can(cast.us.people[role], each)}
    assert may == set(EXPECTED[role].split())


def test_who_is_nobody_off_or_no_staff_may_do_nothing(cast: Cast) -> None:
    off = User(role=Role.ADMIN, is_staff=True, is_active=False, team=cast.us.team)
    guest = User(role=Role.ADMIN, is_staff=False, team=cast.us.team)
    teamless = User(role=Role.ADMIN, is_staff=True)
    for nobody in (None, AnonymousUser(), off, guest, teamless):
        assert not any(can(nobody, each) for each in Capability)


def test_a_superuser_may_do_everything_but_sees_no_patients_unasked(cast: Cast) -> None:
    root = User.objects.create(username="root", is_staff=True, is_superuser=True)
    assert all(can(root, each) for each in Capability)
    assert visible_clinic_ids(root) == []
    root = User.objects.get(pk=root.pk)
    root.clinics.add(cast.them.first)
    assert visible_clinic_ids(root) == [cast.them.first.pk]


def test_people_see_the_clinics_they_belong_to(cast: Cast) -> None:
    assert set(visible_clinics(cast.us.operator)) == {cast.us.first}
    assert set(visible_clinics(cast.us.supervisor)) == {cast.us.first, cast.us.second}


def test_a_clinic_of_another_team_stays_unseen_even_when_somebody_was_added(cast: Cast) -> None:
    cast.us.viewer.clinics.add(cast.them.first)
    assert set(visible_clinics(cast.us.viewer)) == {cast.us.first}


def test_the_clinics_are_asked_for_once(
    cast: Cast, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        visible_clinic_ids(cast.us.admin)
        visible_clinic_ids(cast.us.admin)


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_a_guarded_view_refuses_who_may_not(cast: Cast) -> None:
    @requires(Capability.EXPORT)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("rows")

    assert view(request_of(cast.us.supervisor)).content == b"rows"
    with pytest.raises(PermissionDenied):
        view(request_of(cast.us.operator))


def test_a_template_shows_a_button_only_to_who_may_use_it(cast: Cast) -> None:
    template = engines["django"].from_string("{% if can.FIX %}fix{% endif %}{{ can.EXPORT }}")
    for user, expected in ((cast.us.viewer, "False"), (cast.us.supervisor, "fixTrue")):
        request = request_of(user)
        assert template.render(permitted(request), request).strip() == expected


def test_a_page_of_a_model_must_say_whose_rows_it_shows() -> None:
    with pytest.raises(ImproperlyConfigured, match="scope"):
        PortalModelAdmin(Clinic, site)


def test_a_model_page_that_declares_nothing_changes_nothing(cast: Cast) -> None:
    class Closed(PortalModelAdmin):
        clinic_lookup = "pk"

    closed, request = Closed(Clinic, site), request_of(cast.us.admin)
    assert not closed.has_add_permission(request)
    assert not closed.has_change_permission(request)
    assert not closed.has_delete_permission(request)
    assert set(closed.get_readonly_fields(request, cast.us.first)) >= {"name", "timezone"}
    assert set(closed.get_queryset(request)) == {cast.us.first, cast.us.second}
