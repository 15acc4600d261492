from __future__ import annotations

from datetime import date

from playwright.sync_api import expect

from eligibility.models import EligibilityTask, TaskRevision
from portal.models import RejectedRow
from tests.stories.desk import GOOD, REFUSED, SAMPLE, Desk, outcomes
from tests.stories.spreadsheet import opened, saved


def test_an_operator_brings_in_the_sample_and_fixes_two_of_its_mistakes(desk: Desk) -> None:
    page = desk.page
    desk.enter(desk.cast.us.operator)
    desk.try_file(SAMPLE)
    assert (desk.tile("New checks"), desk.tile("Not accepted")) == ("381", "19")
    assert not EligibilityTask.objects.exists(), "a trial stores nothing"
    desk.press("Run now")
    expect(page.get_by_role("region", name="Not accepted")).to_contain_text("19")
    assert (EligibilityTask.objects.count(), RejectedRow.objects.open().count()) == (381, 19)
    desk.press("Fix them")
    unknown_visit = page.locator("article", has_text="visit type").filter(has_text="TPA004")
    unknown_visit.get_by_role("link", name="Fix one by one: NAS").click()
    lines = [fix_by_suggestion(desk, "Outpatient") for _ in range(2)]
    accepted = RejectedRow.objects.filter(state="accepted").order_by("line")
    assert [row.line for row in accepted] == lines
    tasks = EligibilityTask.objects.filter(line__in=lines).order_by("line")
    assert [str(task.pk) for task in tasks] == [row.accepted_as for row in accepted]
    assert {task.visit_type for task in tasks} == {"OUTPATIENT"}
    assert (EligibilityTask.objects.count(), RejectedRow.objects.open().count()) == (383, 17)


def fix_by_suggestion(desk: Desk, word: str) -> int:
    """Take what the form suggests for the row that is shown, and go on; the row's line."""
    said = desk.page.get_by_text("of what was sent").inner_text()
    desk.note()
    desk.page.get_by_role("button", name=f"Use {word}").click()
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="and next").click()
    return int(said.split()[1])


def test_a_supervisor_corrects_rows_in_the_spreadsheet_that_the_portal_exports(desk: Desk) -> None:
    batch = desk.ask(GOOD, REFUSED, REFUSED)
    before = set(EligibilityTask.objects.values_list("pk", flat=True))
    page = desk.page
    desk.enter(desk.cast.us.supervisor)
    desk.go(f"/admin/eligibility/batch/{batch}/change/")
    desk.press("Export")
    page.get_by_label("Rows to fix").check()
    with page.expect_download() as coming:
        desk.press("Export")
    file = desk.directory / coming.value.suggested_filename
    assert file.suffix == ".xlsx"
    coming.value.save_as(file)
    sheet = opened(file)
    assert [row["client_reference"] for row in sheet] == ["STORY-2", "STORY-3"]
    for row in sheet:  # the right card; the rest is typed again as it was
        row |= {"id_value": GOOD, "version": float(row["version"])}
        row["dob"] = date.fromisoformat(row["dob"])
    desk.try_file(saved(sheet, file))
    assert (desk.tile("Corrected"), desk.tile("Not accepted")) == ("2", "0")
    assert not TaskRevision.objects.exists(), "a trial changes nothing"
    desk.press("Run now")
    page.wait_for_url(lambda url: "file=" not in url)
    desk.drain()
    assert outcomes() == dict.fromkeys(("STORY-1", "STORY-2", "STORY-3"), "eligible")
    assert set(EligibilityTask.objects.values_list("pk", flat=True)) == before, "none is doubled"
    changes = TaskRevision.objects.values_list("changes", flat=True)
    assert list(changes) == [{"id_value": [REFUSED, GOOD]}] * 2
    desk.try_file(file)
    assert (desk.tile("Corrected"), desk.tile("Unchanged")) == ("0", "2")
