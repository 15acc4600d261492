from __future__ import annotations

from playwright.sync_api import expect

from tests.stories.desk import GOOD, REFUSED, Desk, outcomes


def test_an_operator_fixes_a_failed_row_and_sees_it_eligible(desk: Desk) -> None:
    batch = desk.ask(GOOD, REFUSED, REFUSED)
    assert sorted(outcomes().values()) == ["eligible", "input_invalid", "input_invalid"]
    page = desk.page
    desk.enter(desk.cast.us.operator)
    desk.go("/admin/eligibility/batch/")
    page.locator(f"a[href*='{batch}']").first.click()
    causes = page.get_by_role("region", name="Failed, by cause")
    expect(causes).to_contain_text("2")
    assert changing(desk), "the viewer's test finds what there is"
    desk.note()
    causes.get_by_role("link", name="See rows").click()
    page.get_by_role("link", name="Patient C", exact=True).click()
    desk.press("Fix")
    page.locator("#id-id_value").fill(GOOD)
    desk.press("Save and re-run")
    expect(page.locator(".ep-head-facts")).to_contain_text("Pending")
    desk.drain()
    expect(page.get_by_label("Front-desk card")).to_contain_text("Eligible", timeout=20_000)
    assert sorted(outcomes().values()) == ["eligible", "eligible", "input_invalid"]


def test_a_viewer_sees_everything_and_no_button_that_changes_it(desk: Desk) -> None:
    batch = desk.ask(GOOD, REFUSED)
    page = desk.page
    desk.enter(desk.cast.us.viewer)
    pages = {
        "/admin/": "Answers today",
        "/admin/worklist/": "Nextcare",
        f"/admin/eligibility/batch/{batch}/change/": "Failed, by cause",
        "/admin/eligibility/eligibilitytask/": "Patient",
    }
    for path, word in pages.items():
        desk.go(path)
        expect(page.locator("#content-main, main").first).to_contain_text(word, ignore_case=True)
        assert changing(desk) == [], path
    page.locator(".ep-line-who a").first.click()
    page.wait_for_url("**/change/")
    assert changing(desk) == []


CHANGES = (
    *("Fix", "Re-run", "Run", "Pause", "Resume", "Cancel", "Export", "Upload"),
    *("New check", "Discard", "Accept", "Settle", "Reveal", "Save", "Add"),
)


def changing(desk: Desk) -> list[str]:
    """The buttons and links on this page whose first word is that of a deed."""
    shown = desk.page.locator("a:visible, button:visible, input[type=submit]:visible")
    words = [" ".join(text.split()) for text in shown.all_inner_texts()]
    icons = desk.page.locator(".material-symbols-outlined:visible").all_inner_texts()
    bare = [word.removeprefix(f"{icon} ") for word in words for icon in {*icons, ""}]
    return [word for word in bare if word.startswith(CHANGES)]
