"""What is shown where no page can be: it says so, looks like the portal and leads back."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from portal.plain_pages import POLICY, not_found, server_error
from tests.cast import Cast
from tests.portal.admin.entering import enter


def test_who_is_logged_in_keeps_the_menu_on_a_wrong_address(cast: Cast) -> None:
    answer = enter(cast.us.operator).get("/admin/nothing/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is no such page" in page
    assert reverse("admin:worklist") in page
    assert reverse("admin:portal_apikey_changelist") not in page


@pytest.mark.django_db
def test_elsewhere_a_wrong_address_says_so_in_the_portals_look(client: Client) -> None:
    answer = client.get("/nothing")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is no such page" in page
    assert 'href="/admin/"' in page
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "style-src 'self'" in POLICY
    assert "unsafe" not in POLICY


def test_a_broken_page_asks_nothing_of_the_database_and_names_its_request() -> None:
    request: HttpRequest = RequestFactory().get("/admin/")
    request.request_id = "r-17"  # type: ignore[attr-defined]
    answer = server_error(request)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong on our side" in page
    assert "r-17" in page


def test_below_the_apis_addresses_both_are_json() -> None:
    request = RequestFactory().get("/v2/api-integration/nothing")
    assert not_found(request).headers["Content-Type"].startswith("application/json")
    assert server_error(request).headers["Content-Type"].startswith("application/json")


def test_their_style_loads_nothing_from_elsewhere() -> None:
    style = Path(str(finders.find("portal/plain.css"))).read_text()
    assert "url(" not in style
    assert "@import" not in style
