from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect

from eligibility.models import EligibilityTask
from portal.models import RejectedRow
from tests.stories.desk import GOOD, REFUSED, Desk, cells, outcomes


def test_an_operator_brings_in_a_list_and_fixes_its_two_mistakes(desk: Desk) -> None:
    file = desk.write_list(
        cells(GOOD, 1),
        cells("", 2),
        cells(GOOD, 3),
        cells("", 4),
    )
    page = desk.page
    desk.enter(desk.cast.us.operator)
    desk.try_file(file)
    assert (desk.tile("New checks"), desk.tile("Not accepted")) == ("2", "2")
    assert outcomes() == {}, "a trial stores nothing"
    desk.press("Run now")
    expect(page.get_by_role("region", name="Not accepted")).to_contain_text("2")
    desk.press("Correct them")
    page.get_by_role("link", name="Fix:").first.click()
    page.locator("#id-id_value").fill(GOOD)
    page.get_by_role("button", name="and next").click()
    expect(page.locator("#id-id_value")).to_have_value("")
    page.locator("#id-id_value").fill(GOOD)
    page.locator("[data-row-form] button.ep-primary").click()
    expect(page.locator(".ep-head-facts")).to_contain_text("Pending")
    desk.drain()
    assert outcomes() == dict.fromkeys(("STORY-1", "STORY-2", "STORY-3", "STORY-4"), "eligible")
    assert not RejectedRow.objects.open().exists()


def test_a_supervisor_corrects_rows_in_the_file_that_the_portal_exports(desk: Desk) -> None:
    batch = desk.ask(GOOD, REFUSED, REFUSED)
    before = set(EligibilityTask.objects.values_list("pk", flat=True))
    page = desk.page
    desk.enter(desk.cast.us.supervisor)
    desk.go(f"/admin/eligibility/batch/{batch}/change/")
    desk.press("Export")
    page.get_by_label("Rows to fix").check()
    page.get_by_label("CSV").check()
    with page.expect_download() as coming:
        desk.press("Export")
    file = desk.directory / "failed.csv"
    coming.value.save_as(file)
    correct(file)
    desk.try_file(file)
    assert (desk.tile("Corrected"), desk.tile("Not accepted")) == ("2", "0")
    desk.press("Run now")
    page.wait_for_url(lambda url: "file=" not in url)
    desk.drain()
    assert outcomes() == dict.fromkeys(("STORY-1", "STORY-2", "STORY-3"), "eligible")
    assert set(EligibilityTask.objects.values_list("pk", flat=True)) == before, "none is doubled"


def correct(file: Path) -> None:
    """Write the right card into every row, as somebody does in a spreadsheet."""
    with file.open(newline="", encoding="utf-8-sig") as given:
        rows = list(csv.DictReader(given))
    assert len(rows) == 2
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"id_value": GOOD} for row in rows)
