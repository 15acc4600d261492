"""A payer is connected in a real browser, from the choice to the tried sample."""

from __future__ import annotations

import json

import pytest

from eligibility.models import Connection, ConnectionSecret, Payer
from tests.browser import Watched
from tests.cast import Cast
from tests.portal.admin.entering import PASSWORD, with_password

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_payer_is_connected_without_code(watched: Watched, committed_cast: Cast) -> None:
    Payer.objects.create(code="NEW01", name="New", kind="insurer", id_types=["EMIRATESID"])
    watched.log_in(with_password(committed_cast.us.admin).username, PASSWORD)
    watched.go("/admin/eligibility/connection/add/")
    page = watched.page
    page.get_by_role("link", name="Begin with Synchronous JSON").click()
    page.locator("#id_name").fill("New, live")
    page.locator("#id_payer").select_option(label="NEW01 New")
    page.locator("#id_base_url").fill("https://payer.example")
    page.locator("#id_secrets-token").fill("swordfish-27182")
    sample = {"status": "eligible", "reference": "R-1", "member": {"name": "Sample Person"}}
    page.get_by_label("An answer of the payer").fill(json.dumps(sample))
    page.get_by_role("button", name="Try it, save nothing").click()
    page.wait_for_load_state()
    assert page.get_by_text("This was only a try").is_visible()
    assert page.get_by_text("Sample Person", exact=True).is_visible()
    assert page.locator("#id_secrets-token").input_value() == ""
    page.locator("#id_secrets-token").fill("swordfish-27182")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda url: "/add/" not in url)
    assert Connection.objects.get(name="New, live").connector == "http_json"
    assert ConnectionSecret.objects.get().name == "token"
    assert watched.violations() == []
