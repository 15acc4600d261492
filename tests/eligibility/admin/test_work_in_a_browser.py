from __future__ import annotations

import pytest
from pytest_django import Settings

from eligibility.models import EligibilityTask
from eligibility.operations import pause_batch
from tests.browser import Watched
from tests.cast import Cast
from tests.eligibility.admin.looking import (
    BATCHES,
    CHECKS,
    batch_url,
    make_answered,
    make_batch,
    make_failed,
    make_patient,
    task_url,
)
from tests.portal.admin.entering import PASSWORD, with_password

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(committed_cast: Cast, settings: Settings) -> Cast:
    """Committed: the server runs in a thread of its own. A real hash would take its time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return committed_cast


def test_a_batchs_page_follows_its_rows_without_moving_scroll_or_focus(
    watched: Watched, cast: Cast
) -> None:
    batch = make_batch(cast.us.first)
    for number in range(3):
        make_patient(cast.us.first, number, batch=batch)
    operator, page = with_password(cast.us.operator), watched.page
    page.set_viewport_size({"width": 1280, "height": 420})
    watched.log_in(operator.username, PASSWORD)
    page.goto(watched.url + batch_url(batch))
    page.get_by_text("0 of 3").wait_for()
    page.get_by_role("link", name="All rows").focus()
    page.evaluate("window.scrollTo(0, 60)")
    EligibilityTask.objects.filter(batch=batch).update(status="cancelled")
    page.get_by_text("3 of 3").wait_for(timeout=10_000)
    assert page.evaluate("window.scrollY") == 60
    assert page.evaluate("document.activeElement.dataset.key") == "rows"
    assert page.get_by_role("link", name="Pause").count() == 0
    assert watched.violations() == []


def test_home_follows_the_rows_without_moving_scroll_or_focus(watched: Watched, cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    for number in range(3):
        make_patient(cast.us.first, number, batch=batch)
    operator, page = with_password(cast.us.operator), watched.page
    page.set_viewport_size({"width": 1280, "height": 420})
    watched.log_in(operator.username, PASSWORD)
    page.get_by_text("0 of 3").wait_for()
    link = page.locator("[data-part=batches] a").first
    link.focus()
    page.evaluate("window.scrollTo(0, 60)")
    EligibilityTask.objects.filter(batch=batch).update(status="cancelled")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # asks at once
    page.get_by_text("3 of 3").wait_for(timeout=10_000)
    assert page.evaluate("window.scrollY") == 60
    assert page.evaluate("document.activeElement.href").endswith(batch_url(batch))
    assert watched.violations() == []


def test_a_check_page_shows_its_answer_as_soon_as_there_is_one(
    watched: Watched, cast: Cast
) -> None:
    task = make_patient(cast.us.first)
    viewer, page = with_password(cast.us.viewer), watched.page
    watched.log_in(viewer.username, PASSWORD)
    page.goto(watched.url + task_url(task))
    page.get_by_role("heading", name="In line").wait_for()
    EligibilityTask.objects.filter(pk=task.pk).update(status="cancelled")
    page.get_by_role("heading", name="Cancelled").wait_for(timeout=10_000)
    assert watched.violations() == []


def test_rows_are_chosen_and_run_again(watched: Watched, cast: Cast) -> None:
    task = make_failed(cast.us.first)
    operator, page = with_password(cast.us.operator), watched.page
    watched.log_in(operator.username, PASSWORD)
    watched.go(CHECKS)
    assert not page.get_by_role("button", name="Re-run").is_visible()
    page.get_by_label("Select all on this page").check()
    assert page.get_by_text("1 selected").is_visible()
    page.get_by_role("button", name="Re-run").click()
    page.get_by_role("button", name="Re-run 1 check").click()
    page.get_by_text("1 check is in line again.").wait_for()
    task.refresh_from_db()
    assert task.status == "pending"
    assert watched.violations() == []


def test_a_filter_is_obeyed_as_soon_as_it_is_chosen(watched: Watched, cast: Cast) -> None:
    make_failed(cast.us.first, name="Failed One")
    make_patient(cast.us.first, 2, name="Pending One")
    viewer, page = with_password(cast.us.viewer), watched.page
    watched.log_in(viewer.username, PASSWORD)
    watched.go(CHECKS)
    page.get_by_text("Filters").click()
    page.get_by_label("Status").select_option("failed")
    page.wait_for_url("**status=failed")
    assert page.get_by_role("link", name="Failed One").is_visible()
    assert page.get_by_role("link", name="Pending One").count() == 0
    assert watched.violations() == []


def test_an_export_is_a_file_and_the_page_stays(watched: Watched, cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    make_answered(cast.us.first, batch=batch, line=0)
    supervisor, page = with_password(cast.us.supervisor), watched.page
    watched.log_in(supervisor.username, PASSWORD)
    watched.go(batch_url(batch))
    page.get_by_role("link", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename.endswith("-results.xlsx")
    assert watched.violations() == []


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1360), ("light", 390)])
def test_no_page_of_work_is_wider_than_its_window(
    watched: Watched, cast: Cast, scheme: str, width: int
) -> None:
    batch = make_batch(cast.us.first)
    tasks = [make_answered(cast.us.first, batch=batch), make_failed(cast.us.first, number=2)]
    pause_batch(batch=batch)
    supervisor, page = with_password(cast.us.supervisor), watched.page
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    watched.log_in(supervisor.username, PASSWORD)
    for path in (CHECKS, BATCHES, batch_url(batch), *map(task_url, tasks)):
        watched.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert watched.violations() == [], path


def test_a_printed_check_is_one_page_of_card_and_question(watched: Watched, cast: Cast) -> None:
    task = make_answered(cast.us.first)
    supervisor, page = with_password(cast.us.supervisor), watched.page
    watched.log_in(supervisor.username, PASSWORD)
    watched.go(task_url(task))
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Eligible").is_visible()
    assert page.get_by_role("heading", name="What was asked").is_visible()
    for hidden in ("Conversations with the payer", "What happened", "Print"):
        assert not page.get_by_text(hidden, exact=True).first.is_visible(), hidden
    assert not page.locator("#nav-sidebar").is_visible()
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
