"""The page "Getting started": public, complete, and from this portal alone."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from pytest_django import Settings

from eligibility.start.examples import both
from eligibility.start.page import SECTIONS, STEPS
from eligibility.synthetic.magic import MAGIC
from portal.errors import ErrorCode
from portal.middleware import policy_for
from portal.models import Scope
from tests.browser import Watched
from tests.portal.admin.every_address import outside_hosts

START = "/api/start/"


@pytest.fixture
def page(client: Client) -> str:
    answer = client.get(START)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_needs_no_login_and_no_database(client: Client) -> None:
    # Without a database fixture any query would fail.
    answer = client.get(START)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert client.post(START).status_code == 405


def test_it_loads_only_the_portals_own_files_and_nothing_inline(page: str) -> None:
    elsewhere = [address for address in outside_hosts(page) if address != "http://testserver"]
    assert elsewhere == []
    for forbidden in (" style=", "<style", "onclick", "<script>"):
        assert forbidden not in page
    policy = policy_for(START)
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_menu_leads_to_every_part(page: str) -> None:
    for anchor, title in SECTIONS:
        assert f'<a href="#{anchor}">{title}</a>' in page
        assert f'<section id="{anchor}">' in page
        assert f"<h2>{title}</h2>" in page
    assert page.count("<section ") == len(SECTIONS)


def test_it_shows_every_snippet_in_both_languages(page: str) -> None:
    for name in STEPS.values():
        for each in both(name):
            assert str(each.in_colours) in page
            assert html.escape(each.prints) in page


def test_it_tells_the_scopes_the_errors_and_the_magic_identifiers(page: str) -> None:
    assert all(f"<code>{scope}</code>" in page for scope in Scope)
    assert all(f"<code>{code}</code>" in page for code in ErrorCode)
    assert all(f"<code>{each.card}</code>" in page for each in MAGIC)


def test_it_tells_the_limits_that_hold_here(client: Client, settings: Settings) -> None:
    settings.BULK_MAX_ROWS, settings.QUOTA_CALLS_OF_KEY = 4_321, 8_765
    page = client.get(START, headers={"host": "localhost"}).content.decode()
    assert "at most 4,321 rows" in page
    assert "8,765 calls" in page
    assert "export PORTAL=http://localhost\n" in page


def test_the_reference_leads_here_and_back(client: Client, page: str) -> None:
    assert f'href="{START}"' in client.get("/api/docs/").content.decode()
    assert 'href="/api/docs/"' in page


@pytest.mark.sqlite_only  # about a page
def test_one_choice_of_language_holds_for_all_snippets_and_is_copied(watched: Watched) -> None:
    page = watched.page
    watched.go(START)
    page.locator("#first label", has_text="Python").click()
    shown = page.locator("#poll .start-python pre").first
    assert shown.is_visible()
    assert page.locator("#poll .start-curl pre").first.is_hidden()
    page.locator("#poll .start-python").get_by_role("button", name="Copy").click()
    page.locator("#poll .start-python").get_by_role("button", name="Copied").wait_for()
    watched.go(START)
    assert page.locator("#many .start-python pre").first.is_visible()
    assert watched.violations() == []
