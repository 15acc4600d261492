from __future__ import annotations

import pytest
from django.urls import reverse

from eligibility.models import Payer
from portal.models import ApiKey, User
from tests.browser import Watched
from tests.cast import Cast
from tests.portal.admin.entering import PASSWORD, enter, with_password
from tests.portal.admin.every_address import addresses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    """Committed: the server runs in a thread of its own."""
    return committed_cast


@pytest.mark.sqlite_only  # about pages, and long
def test_no_page_breaks_its_policy_asks_another_host_or_is_wider_than_a_phone(
    watched: Watched, cast: Cast
) -> None:
    admin, page = with_password(cast.us.admin), watched.page
    watched.go("/admin/login/")
    assert watched.violations() == []
    watched.log_in(admin.username, PASSWORD)
    for path in [*shown_to(admin, cast), "/api/docs/", "/api/start/"]:
        page.set_viewport_size({"width": 1360, "height": 860})
        answer = page.goto(watched.url + path)
        assert answer is not None
        assert answer.status == 200, path
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert watched.violations() == [], path


def shown_to(person: User, cast: Cast) -> list[str]:
    """Every address that is a page for this person: no file, no part of a page, no way on."""
    client = enter(person)
    found = []
    for each in addresses(cast.us):
        answer = client.get(each.path)
        if answer.status_code == 200 and not answer.streaming and b"</html>" in answer.content:
            found.append(each.path)
    assert len(found) > 30
    return found


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1360), ("light", 390)])
def test_no_page_is_wider_than_its_window(
    watched: Watched, cast: Cast, scheme: str, width: int
) -> None:
    admin = with_password(cast.us.admin)
    watched.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    watched.page.set_viewport_size({"width": width, "height": 844})
    watched.log_in(admin.username, PASSWORD)
    for path in ("/admin/", "/admin/eligibility/payer/", "/admin/eligibility/payer/add/"):
        watched.go(path)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_menu_and_the_theme_work_without_inline_scripts(watched: Watched, cast: Cast) -> None:
    admin = with_password(cast.us.admin)
    watched.log_in(admin.username, PASSWORD)
    page = watched.page
    page.get_by_text(admin.username, exact=True).click()
    page.get_by_text("Change password").click()
    page.wait_for_url("**/password_change/")
    page.get_by_label("Show or hide the menu").click()
    assert not page.locator("#nav-sidebar").is_visible()
    assert watched.violations() == []


def test_a_supervisor_adds_a_requirement_and_takes_one_away(watched: Watched, cast: Cast) -> None:
    supervisor = with_password(cast.us.supervisor)
    payer = Payer.objects.get(code="TPA004")
    watched.log_in(supervisor.username, PASSWORD)
    watched.go(reverse("admin:eligibility_payer_change", args=[payer.pk]))
    page = watched.page
    for _ in payer.requires:
        page.get_by_title("Take this requirement away").first.click()
    page.get_by_role("button", name="Add a requirement").click()
    page.get_by_label("Needed field").select_option("phone")
    page.get_by_text("whatever the visit").click()
    page.locator("[data-row] .ep-chip", has_text="Maternity").click()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/eligibility/payer/")
    payer.refresh_from_db()
    assert payer.requires == [{"field": "phone", "when": {"visit_type": ["MATERNITY"]}}]
    assert watched.violations() == []


def test_an_admin_issues_a_key_and_copies_it(watched: Watched, cast: Cast) -> None:
    admin = with_password(cast.us.admin)
    watched.log_in(admin.username, PASSWORD)
    watched.go(reverse("admin:portal_apikey_add"))
    page = watched.page
    page.get_by_label("Used by").fill("Booking system")
    page.get_by_label("Read checks and their answers").check()
    page.get_by_label(cast.us.first.name).check()
    page.get_by_role("button", name="Save").click()
    text = page.get_by_label("The key of").input_value()
    assert ApiKey.objects.find(text) == ApiKey.objects.get(name="Booking system")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert watched.violations() == []


def test_somebody_locked_out_reads_why(watched: Watched, cast: Cast) -> None:
    viewer = with_password(cast.us.viewer)
    page = watched.page
    watched.go("/admin/login/")
    for _ in range(5):
        page.get_by_label("User name").fill(viewer.username)
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Too many tries").wait_for()
    assert page.get_by_text("closed for 15 minutes").is_visible()


def test_the_watch_itself_notices_what_is_wrong(watched: Watched, cast: Cast) -> None:
    watched.go("/admin/login/")
    watched.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.broken = true";
          document.body.append(script);
          const image = document.createElement("img");
          image.src = "http://elsewhere.example/pixel.png";
          document.body.append(image);
        }"""
    )
    watched.page.wait_for_timeout(200)
    faults = " ".join(watched.violations())
    assert "script-src" in faults
    assert "img-src" in faults
    assert watched.page.evaluate("window.broken") is None
