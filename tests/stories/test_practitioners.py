"""An operator puts a group of rejected practitioners right with one correction."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from portal.models import RejectedRow
from records.models import ResourceRecord
from tests.records.making import create, row
from tests.stories.desk import Desk

GROUP = "Fix all 3 rows like this: English"


def names() -> list[str]:
    """The practitioners on record, in the order in which they came."""
    records = ResourceRecord.objects.order_by("submission_id", "line")
    return [record.config["name"] for record in records]


def try_english(desk: Desk) -> None:
    """Choose the group, and try what is suggested for it."""
    desk.go("/admin/records/attention/")
    desk.page.get_by_role("link", name=GROUP).click()
    expect(desk.page.get_by_role("radio").first).to_be_checked()
    desk.press("Try it")
    expect(desk.page.get_by_role("status")).to_contain_text("3 rows would be right.")


def test_a_group_of_rejected_practitioners_is_fixed_undone_and_fixed_again(desk: Desk) -> None:
    team, page = desk.cast.us.team, desk.page
    rows = [
        row(f"P-{n}", name=f"Dr. {name}", languages=["English", "ar"])
        for n, name in enumerate(("Amna", "Basil", "Carla"))
    ]
    create(team, row("GOOD", name="Dr. First"), *rows, row("G", gender="woman"), profile="strict")
    desk.enter(desk.cast.us.operator)
    desk.go("/admin/worklist/")
    desk.press("Practitioners 4 waiting")
    try_english(desk)
    assert names() == ["Dr. First"]
    desk.press("Fix 3 rows")
    page.wait_for_url("**/fixes/*/")
    expect(page.locator("#content-main")).to_contain_text("3 rows corrected")
    assert names() == ["Dr. First", "Dr. Amna", "Dr. Basil", "Dr. Carla"]
    desk.press("Undo")
    expect(page.locator("#content-main")).to_contain_text("Taken back")
    assert names() == ["Dr. First"]
    assert RejectedRow.objects.open().count() == 4
    try_english(desk)
    desk.press("Fix 3 rows")
    page.wait_for_url("**/fixes/*/")
    desk.press("Back to the list")
    expect(page.get_by_role("link", name=GROUP)).to_have_count(0)
    desk.go("/admin/records/")
    page.get_by_label("Name, NPI or id").fill("basil")
    desk.press("Search")
    page.get_by_role("link", name="Dr. Basil").click()
    expect(page.locator(".ep-head-name")).to_have_text(re.compile("Dr. Basil"))
    expect(page.get_by_role("region", name="Locations and languages")).to_contain_text("English")
