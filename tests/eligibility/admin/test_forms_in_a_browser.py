"""What the scripts of the forms do, in a real browser. Everything also works without them."""

from __future__ import annotations

import pytest

from eligibility.models import EligibilityTask
from portal.models import RejectedRow
from tests.browser import Watched
from tests.cast import Cast
from tests.eligibility.admin.waiting import bad, failed, fix_page, page, rejected
from tests.portal.admin.entering import PASSWORD, with_password

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(committed_cast: Cast) -> Cast:
    """Committed: the server runs in a thread of its own."""
    return committed_cast


@pytest.fixture
def operator(watched: Watched, cast: Cast) -> Watched:
    """A window in which the operator is logged in."""
    watched.log_in(with_password(cast.us.operator).username, PASSWORD)
    return watched


def focus(window: Watched) -> str:
    found: str = window.page.evaluate("document.activeElement.id")
    return found


def test_a_check_can_be_made_with_the_keyboard_alone(operator: Watched) -> None:
    operator.go(page("new_check"))
    keyboard = operator.page.keyboard
    keyboard.type("daman nat")
    keyboard.press("Enter")
    operator.page.wait_for_selector("#id-doctorName")
    assert focus(operator) == "id-id_value"
    keyboard.type("784-1990-1234567-7")
    operator.page.locator("#id-doctorName").fill("DHA-P-0000001")
    with operator.page.expect_navigation():
        keyboard.press("Enter")
    if "It is right" in operator.page.content():
        with operator.page.expect_navigation():
            keyboard.press("Enter")
    task = EligibilityTask.objects.get()
    assert (task.payer.code, task.doctor_name) == ("INS026", "DHA-P-0000001")
    assert operator.violations() == []


def test_another_payer_swaps_the_fields_and_keeps_what_was_typed(operator: Watched) -> None:
    operator.go(page("new_check", payer="INS026"))
    operator.page.locator("#id-name").fill("Sara Khan")
    payer = operator.page.get_by_role("combobox", name="Payer")
    payer.fill("inayah")
    operator.page.get_by_role("option", name="Inayah (TPA008)").click()
    operator.page.wait_for_selector("#id-doctorName", state="detached")
    assert operator.page.locator("#id-name").input_value() == "Sara Khan"
    assert operator.page.locator("#id-visit_type").count() == 0
    assert operator.violations() == []


def test_fields_that_are_needed_sometimes_come_and_go(operator: Watched) -> None:
    operator.go(page("new_check", payer="TPA002"))
    insurer = operator.page.locator("#id-payerName")
    assert insurer.is_hidden()
    operator.page.locator("#id-id_type").select_option("POLICYNUMBER")
    assert insurer.is_visible()
    assert operator.page.locator("[data-field=name] .ep-required").is_visible()
    operator.page.locator("#id-id_type").select_option("EMIRATESID")
    assert insurer.is_hidden()
    assert operator.page.locator("[data-field=name] .ep-required").is_hidden()


def test_a_suggestion_fills_its_field_and_enter_accepts_the_row(
    operator: Watched, cast: Cast
) -> None:
    (row,) = rejected(cast.us.first, bad(visit_type="OPD"))
    operator.go(fix_page(row))
    assert focus(operator) == "id-visit_type"
    operator.page.get_by_role("button", name="Use Outpatient").click()
    assert operator.page.locator("#id-visit_type").input_value() == "OUTPATIENT"
    with operator.page.expect_navigation():
        operator.page.locator("#id-name").press("Enter")
    assert RejectedRow.objects.get().state == "accepted"
    assert operator.violations() == []


def test_a_suggested_payer_brings_its_fields(operator: Watched, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad(tpa_name="NEXTCARE", visit_type="OUTPATIENT"))
    operator.go(fix_page(row))
    with operator.page.expect_navigation():
        operator.page.get_by_role("button", name="Use Nextcare").click()
    shown = operator.page.get_by_role("combobox", name="Payer").input_value()
    assert shown == "Nextcare (Arab Gulf Health Services) (TPA002)"
    assert operator.page.locator("select#id-visit_type").count() == 1


def test_a_date_is_said_in_words_because_calendars_differ(operator: Watched, cast: Cast) -> None:
    operator.go(fix_page(failed(cast.us.first)))
    operator.page.locator("#id-dob").fill("1986-11-13")
    assert operator.page.locator("#help-dob").text_content() == "13 Nov 1986"


def test_a_filter_is_obeyed_as_soon_as_it_is_chosen(operator: Watched, cast: Cast) -> None:
    failed(cast.us.first)
    failed(cast.us.first, payer="INS026")
    operator.go(page("worklist"))
    with operator.page.expect_navigation():
        operator.page.get_by_label("Payer").select_option("INS026")
    assert operator.page.url.endswith("?payer=INS026")
    assert operator.page.locator(".ep-work-item").count() == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_of_the_worklist_is_wider_than_its_window(
    operator: Watched, cast: Cast, width: int
) -> None:
    task = failed(cast.us.first, name="N" * 120, failure_message="m" * 200)
    (row,) = rejected(cast.us.first, bad(visit_type="O" * 60, client_reference="R" * 60))
    operator.page.set_viewport_size({"width": width, "height": 844})
    mismatch, visit = (
        "failed:TPA004:identity_mismatch",
        "rejected:TPA004:visit_type.unknown/visit_type",
    )
    for path in (
        page("worklist"),
        page("worklist_group", group=mismatch),
        page("worklist_group", group=visit),
        fix_page(task),
        fix_page(row),
        page("new_check", payer="TPA002"),
    ):
        assert operator.go(path) == 200
        assert operator.page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert operator.violations() == [], path
