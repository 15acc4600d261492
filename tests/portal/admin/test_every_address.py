"""Every address of the staff's site, visited by every role: nothing breaks, nothing leads out."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.admin_pages import PAGES
from portal.models import Role
from tests.cast import Cast, House
from tests.portal.admin.entering import enter
from tests.portal.admin.every_address import addresses, outside_hosts
from tests.portal.admin.every_page import MAKERS, ModelPages, models, own_pages
from tests.portal.admin.every_role import of_each_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_refusals")]

ANSWERS = {200, 302, 400, 403, 404, 405, 409}
"""A page, a page that leads on, and the honest refusals; never a broken page."""
MOST_QUERIES = 12
MOST_OF = {"index": 17, "home_live": 17}
"""Home reckons with the lanes of the batches that run, and with webhooks that are off, too."""
MOST_BYTES = 200 * 1024
LEAVES = {"logout"}


@pytest.fixture
def cast(shared_cast: Cast) -> Cast:
    """Made once for all these tests, which only look at it."""
    return shared_cast


def fill(house: House, rows: int = 3) -> None:
    """So many rows more of every kind."""
    for label, make in MAKERS.items():
        if label != "portal.team":
            for number in range(rows):
                make(house, number)


def html_of(answer: Any) -> str:
    """The page, or nothing where the answer is none."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    return str(answer.content.decode()) if is_page and not answer.streaming else ""


@of_each_role
def test_every_address_answers_every_role_and_leads_to_no_other_host(
    role: Role, cast: Cast
) -> None:
    client = enter(cast.us.people[role])
    for each in addresses(cast.us):
        if each.name in LEAVES:
            continue
        answer = client.get(each.path)
        assert answer.status_code in ANSWERS, each.name
        assert outside_hosts(html_of(answer)) == [], each.name
        assert answer.headers["Cache-Control"] == "no-store", each.name
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], each.name


@of_each_role
def test_an_empty_form_sent_to_any_address_breaks_nothing(role: Role, cast: Cast) -> None:
    client = enter(cast.us.people[role])
    for each in addresses(cast.us):
        if each.name not in LEAVES:
            assert client.post(each.path).status_code in ANSWERS, each.name


def test_every_page_of_the_projects_own_is_among_the_addresses(cast: Cast) -> None:
    names = {each.name for each in addresses(cast.us)}
    assert {page.url_name for page in PAGES} <= names
    assert {"login", "logout", "password_change", "portal_user_changelist"} <= names
    assert "auth_user_password_change" in names


def test_no_address_opens_without_a_login_but_the_door_itself(cast: Cast) -> None:
    for each in addresses(cast.us):
        answer = Client().get(each.path)
        if each.name != "login" and answer.status_code != 405:
            assert answer.status_code == 302, each.name
            assert each.name in LEAVES or "/admin/login/" in answer.headers["Location"], each.name


def test_no_page_of_its_own_asks_more_questions_for_twice_the_rows(cast: Cast) -> None:
    client = enter(cast.us.admin)
    fill(cast.us)
    paths = {page.url_name: path for page, path in own_pages(cast.us)}
    before = asked(client, paths)
    fill(cast.us)
    after = asked(client, paths)
    assert {name: count for name, count in after.items() if count > before[name]} == {}
    most = {name: MOST_OF.get(name, MOST_QUERIES) for name in after}
    assert {name: count for name, count in after.items() if count > most[name]} == {}


def test_a_page_about_one_row_asks_no_more_questions_for_twice_the_rows(cast: Cast) -> None:
    client, paths = enter(cast.us.admin), {}
    for pages in models():
        row = cast.us.team if pages.label == "portal.team" else pages.make(cast.us)
        paths[pages.label] = pages.address("change", row)
    fill(cast.us)
    before = asked(client, paths)
    assert before.keys() == paths.keys()
    fill(cast.us)
    assert asked(client, paths) == before


@pytest.mark.parametrize("pages", models(), ids=lambda pages: pages.label)
def test_a_full_page_of_a_list_stays_small(pages: ModelPages, cast: Cast) -> None:
    if pages.label == "portal.team":
        return
    for number in range(pages.admin.list_per_page):
        pages.make(cast.us, number)
    body = enter(cast.us.admin).get(pages.address("changelist")).content
    assert len(gzip.compress(body)) < MOST_BYTES


def test_every_action_of_a_list_does_its_deed_when_it_is_confirmed(cast: Cast) -> None:
    client = enter(cast.us.admin)
    for pages in models():
        for name in pages.admin._extract_action_names(pages.admin.actions):
            row = pages.make(cast.us)
            said = {"action": name, "_selected_action": [str(row.pk)], "index": "0"}
            answer = client.post(pages.address("changelist"), {**said, "confirmed": "1"})
            assert answer.status_code == 302, (pages.label, name)


def asked(client: Client, paths: dict[str, str]) -> dict[str, int]:
    """How many queries each page costs once what it keeps in memory is there, by its name.

    What is no page (a button's address, a page that leads on) is left out.
    """
    found = {}
    for name, path in paths.items():
        if client.get(path).status_code == 200:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200, name
            found[name] = len(queries)
    return found


def test_the_look_for_other_hosts_finds_them() -> None:
    page = (
        '<a href="/here"></a><img src="https://cdn.example/a.png"><form action="//b.example">'
        "<style>p { background: url('http://c.example/x') }</style>"
    )
    assert outside_hosts(page) == [
        "https://cdn.example/a.png",
        "//b.example",
        "http://c.example/x",
    ]
