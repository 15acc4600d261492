from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import BooleanField
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.admin_pages import PAGES
from portal.admin_site import PortalModelAdmin
from portal.models import AuditEvent, Role, User
from portal.roles import can
from tests.cast import Cast
from tests.portal.admin.entering import context, enter
from tests.portal.admin.every_page import (
    MAKERS,
    MAY_FIND_NOTHING,
    ModelPages,
    models,
    own_pages,
)
from tests.portal.admin.every_role import of_each_role

MODELS = models()
MOST_QUERIES = 11
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_refusals")]

of_each_model = pytest.mark.parametrize("pages", MODELS, ids=lambda pages: pages.label)


@pytest.fixture
def cast(shared_cast: Cast) -> Cast:
    """Made once for all these tests, which only look at it."""
    return shared_cast


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def superuser() -> User:
    return User.objects.create(username="root", is_staff=True, is_superuser=True)


def actions_of(pages: ModelPages) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything that a model's pages offer to do."""
    page: Any = pages.admin
    for kind in ("actions", "actions_list", "actions_row", "actions_detail", "actions_submit_line"):
        for name in page._extract_action_names(getattr(page, kind)):
            yield kind, name


def url_of_action(pages: ModelPages, kind: str, name: str, row: Any) -> str:
    meta = pages.model._meta
    args = [] if kind == "actions_list" else [row.pk]
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def test_every_model_page_has_rows_to_show_here() -> None:
    assert {pages.label for pages in MODELS} <= set(MAKERS)


def test_every_page_of_its_own_can_be_reached_here(cast: Cast) -> None:
    assert len(list(own_pages(cast.us))) == len(PAGES)


@of_each_model
def test_every_model_page_is_closed_by_default_and_scoped(pages: ModelPages) -> None:
    assert isinstance(pages.admin, PortalModelAdmin)
    assert pages.admin.show_full_result_count is False
    assert pages.admin.has_delete_permission(RequestFactory().get("/")) is False


@of_each_model
def test_no_filter_reads_the_whole_table_for_its_choices(pages: ModelPages) -> None:
    for each in pages.admin.list_filter:
        if isinstance(each, str):
            field: Any = pages.model._meta.get_field(each)
            assert field.choices or isinstance(field, BooleanField), each


@of_each_model
def test_nobody_sees_a_model_page_without_a_login(pages: ModelPages, client: Client) -> None:
    for page in ("changelist", "add"):
        answer = client.get(pages.address(page))
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("admin:login"))


@of_each_role
@of_each_model
def test_every_model_page_opens_for_whom_it_declares(
    pages: ModelPages, role: Role, cast: Cast
) -> None:
    user = cast.us.people[role]
    row = cast.us.team if pages.label == "portal.team" else pages.make(cast.us)
    client, sees = enter(user), can(user, pages.admin.view_with)
    may_add = pages.admin.has_add_permission(request_of(user))
    assert client.get(pages.address("changelist")).status_code == (200 if sees else 403)
    assert client.get(pages.address("change", row)).status_code == (200 if sees else 403)
    assert client.get(pages.address("add")).status_code == (200 if may_add else 403)
    if not pages.admin.has_change_permission(request_of(user), row):
        assert client.post(pages.address("change", row), {}).status_code == 403
    assert client.post(f"{pages.address('change', row)}../delete/").status_code in {403, 404}


@of_each_model
def test_rows_of_another_team_are_not_there(pages: ModelPages, cast: Cast) -> None:
    if pages.admin.is_global:
        return
    theirs = cast.them.team if pages.label == "portal.team" else pages.make(cast.them)
    client = enter(cast.us.admin)
    answer = client.get(pages.address("change", theirs), follow=True)
    assert answer.redirect_chain or answer.status_code == 404
    listed = client.get(pages.address("changelist")).content.decode()
    assert pages.address("change", theirs) not in listed


@of_each_model
def test_superusers_open_every_model_page(pages: ModelPages, cast: Cast) -> None:
    client = enter(superuser())
    pages.make(cast.us)
    assert client.get(pages.address("changelist")).status_code == 200


@of_each_model
def test_a_list_asks_no_more_questions_for_many_rows(pages: ModelPages, cast: Cast) -> None:
    user = superuser() if pages.label == "portal.team" else cast.us.admin
    client, address = enter(user), pages.address("changelist")
    pages.make(cast.us, 0)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as for_one:
        client.get(address)
    for number in range(1, 20):
        pages.make(cast.us, number)
    with CaptureQueriesContext(connection) as for_many:
        client.get(address)
    assert len(for_many) == len(for_one), [each["sql"] for each in for_many.captured_queries]
    assert len(for_many) <= MOST_QUERIES


@of_each_model
def test_every_filter_and_order_of_a_list_works(pages: ModelPages, cast: Cast) -> None:
    client, address = enter(cast.us.admin), pages.address("changelist")
    pages.make(cast.us)
    first = client.get(address)
    changelist = context(first)["cl"]
    queries = set(narrowed(changelist))
    queries |= {f"?o={number}" for number in range(1, len(changelist.list_display) + 1)}
    if pages.admin.search_fields:
        terms = ("784-1986", "x", "%", "é\u0131", "'; --")
        queries |= {f"?{urlencode({'q': term})}" for term in terms}
    for query in queries:
        assert client.get(address + query).status_code == 200, query


def narrowed(changelist: Any) -> Iterator[str]:
    """The query of every choice of every filter, those that a page offers in a list too."""
    for spec in changelist.filter_specs:
        yield from (choice.get("query_string", "?") for choice in spec.choices(changelist))
        if isinstance(spec, admin.SimpleListFilter):
            for value, _ in spec.lookup_choices:
                yield f"?{urlencode({str(spec.parameter_name): str(value)})}"


@of_each_model
def test_every_action_says_who_may_use_it(pages: ModelPages) -> None:
    for _, name in actions_of(pages):
        method = getattr(pages.admin, name)
        permissions = method.allowed_permissions
        assert permissions, name
        for permission in permissions:
            assert callable(getattr(pages.admin, f"has_{permission}_permission"))
        assert method.short_description


@of_each_role
@of_each_model
def test_no_action_is_dead_and_none_opens_for_the_wrong_role(
    pages: ModelPages, role: Role, cast: Cast
) -> None:
    user = cast.us.people[role]
    client, request, page = enter(user), request_of(user), pages.admin
    if not can(user, page.view_with):
        return
    for kind, name in actions_of(pages):
        row = pages.make(cast.us)
        permissions = getattr(page, name).allowed_permissions
        may = all(getattr(page, f"has_{each}_permission")(request) for each in permissions)
        if kind == "actions":
            said = {"action": name, "_selected_action": [str(row.pk)], "index": "0"}
            answer = client.post(pages.address("changelist"), said)
            offered = f'value="{name}"' in client.get(pages.address("changelist")).content.decode()
            assert offered == may
        elif kind == "actions_submit_line":
            continue
        else:
            deeds = AuditEvent.objects.count()
            answer = client.get(url_of_action(pages, kind, name, row))
            assert AuditEvent.objects.count() == deeds, "a mere look must not do anything"
        assert answer.status_code in ({200, 302} if may else {403}), (kind, name)


@of_each_role
def test_every_page_of_its_own_opens_for_whom_it_declares(role: Role, cast: Cast) -> None:
    user = cast.us.people[role]
    client = enter(user)
    for page, address in own_pages(cast.us):
        status = client.get(address).status_code
        if not can(user, page.capability):
            assert status == 403, page.url_name
            assert client.post(address).status_code == 403, page.url_name
        else:
            # 302: a page that leads on; 405: a button's address, which is only posted to.
            fine = {200, 302, 405, 404 if page.url_name in MAY_FIND_NOTHING else 200}
            assert status in fine, page.url_name


def test_no_page_of_its_own_opens_without_a_login(cast: Cast, client: Client) -> None:
    for page, address in own_pages(cast.us):
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 302, page.url_name
            assert reverse("admin:login") in answer.headers["Location"]


@of_each_role
def test_the_sidebar_leads_everywhere_it_says(role: Role, cast: Cast) -> None:
    client = enter(cast.us.people[role])
    home = client.get(reverse("admin:index"))
    groups = context(home)["sidebar_navigation"]
    links = [item["link"] for group in groups for item in group["items"]]
    assert reverse("admin:index") in links
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_sidebar_of_a_viewer_is_shorter_than_an_admins(cast: Cast) -> None:
    def titles(user: User) -> set[str]:
        groups = context(enter(user).get(reverse("admin:index")))["sidebar_navigation"]
        return {item["title"] for group in groups for item in group["items"]}

    assert titles(cast.us.admin) - titles(cast.us.viewer) >= {"Users", "API keys", "Audit log"}
    assert "Payers" in titles(cast.us.viewer)


def test_the_site_is_the_portals_own() -> None:
    assert type(admin.site._wrapped).__name__ == "PortalAdminSite"  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/admin/nothing/", "/admin/portal/nothing/1/"])
def test_an_unknown_address_says_so_in_plain_words(path: str, cast: Cast) -> None:
    answer = enter(cast.us.operator).get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_refusal_says_so_in_plain_words_with_a_way_out(cast: Cast) -> None:
    answer = enter(cast.us.viewer).get(reverse("admin:portal_apikey_changelist"))
    assert answer.status_code == 403
    assert "Your role may not do this" in answer.content.decode()
    assert reverse("admin:index") in answer.content.decode()


def test_the_bare_address_leads_to_the_pages(client: Client) -> None:
    for path in ("/", "/admin"):
        assert client.get(path).headers["Location"] == reverse("admin:index")


def test_an_apps_own_list_leads_home(cast: Cast) -> None:
    assert enter(cast.us.viewer).get("/admin/portal/").headers["Location"] == "/admin/"
