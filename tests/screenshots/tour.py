"""Which pages there are to see, and how one gets to those whose address a run only then knows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from eligibility.demo.sample import sample_lines
from tests.screenshots.stage import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

USER = "admin"
ROWS = 60
PLAIN = {
    "home": "/admin/",
    "worklist": "/admin/worklist/",
    "batches": "/admin/eligibility/batch/",
    "checks": "/admin/eligibility/eligibilitytask/",
    "lanes": "/admin/lanes/",
    "new-check": "/admin/checks/new/",
    "upload": "/admin/upload/",
    "practitioners": "/admin/records/",
    "practitioner-form": "/admin/records/new/",
    "practitioners-not-accepted": "/admin/records/attention/",
    "integrations": "/admin/records/integration/",
    "upload-practitioners": "/admin/records/upload/",
    "export-practitioners": "/admin/records/export/",
    "payers": "/admin/eligibility/payer/",
    "connections": "/admin/eligibility/connection/",
    "users": "/admin/portal/user/",
    "user-form": "/admin/portal/user/add/",
    "clinics": "/admin/portal/clinic/",
    "keys": "/admin/portal/apikey/",
    "key-form": "/admin/portal/apikey/add/",
    "webhooks": "/admin/webhooks/",
    "webhook-form": "/admin/webhooks/new/",
    "audit-log": "/admin/portal/auditevent/",
    "not-found": "/admin/no-such-page/",
    "api-docs": "/api/docs/",
    "api-start": "/api/start/",
}
"""Name of the picture → address, where the address is always the same."""


def log_in(page: Page, demo: Demo) -> None:
    """Through the form, as the one who sees everything."""
    page.goto(f"{demo.url}/admin/login/")
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill(demo.passwords[USER])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/login/" not in url)


def addresses(page: Page, demo: Demo, directory: Path) -> Iterator[tuple[str, str]]:
    """Name and address of every page behind the login."""
    trial = _try_upload(page, demo, directory)
    yield from ((name, demo.url + path) for name, path in PLAIN.items())
    yield "upload-trial", trial
    yield "check", f"{demo.url}/admin/eligibility/eligibilitytask/{demo.task_id}/change/"
    for name, start, link in _BY_LINK:
        page.goto(demo.url + start)
        yield name, _target(link(page))
    page.goto(demo.url + PLAIN["worklist"])
    page.goto(_target(page.locator(".ep-work-payer").first))
    yield "group", page.url
    yield "fix", _target(page.get_by_role("link", name="Fix the row of").first)


_BATCH = "a[href*='/eligibility/batch/'][href$='/change/']"
_BY_LINK: tuple[tuple[str, str, Callable[[Page], Locator]], ...] = (
    ("batch", PLAIN["batches"], lambda page: page.locator(_BATCH).last),
    (
        "check-failed",
        "/admin/eligibility/eligibilitytask/?status=failed",
        lambda page: page.locator(".ep-line-who a").first,
    ),
    ("lane", PLAIN["lanes"], lambda page: page.locator(".ep-lanes .ep-line-who a").first),
    ("practitioner", PLAIN["practitioners"], lambda page: page.locator("a.ep-who").first),
    (
        "group-fix",
        PLAIN["practitioners-not-accepted"],
        lambda page: page.get_by_role("link", name="Fix all").first,
    ),
    (
        "fix-practitioner",
        PLAIN["practitioners-not-accepted"],
        lambda page: page.get_by_role("link", name="Fix:").first,
    ),
    ("payer-form", PLAIN["payers"], lambda page: page.locator("#result_list tbody a").first),
    (
        "connection-form",
        PLAIN["connections"],
        lambda page: page.locator("#result_list tbody a").first,
    ),
)
"""Name, where the link to it stands, and the link."""


def _target(link: Locator) -> str:
    address: str = link.evaluate("link => link.href")
    return address


def _try_upload(page: Page, demo: Demo, directory: Path) -> str:
    """Bring a list twice: once scheduled for tomorrow's morning, once left at its trial."""
    tonight = _chosen(page, demo, _make_list(directory / "tomorrow.csv", "T"))
    page.goto(tonight)
    earliest = page.locator("#upload-at").get_attribute("min") or ""
    page.locator("#upload-at").fill(f"{earliest[:10]}T23:30")
    page.get_by_role("button", name="Schedule").click()
    page.wait_for_url(lambda url: "file=" not in url)
    return _chosen(page, demo, _make_list(directory / "friday-list.csv", "F"))


def _chosen(page: Page, demo: Demo, file: Path) -> str:
    page.goto(demo.url + PLAIN["upload"])
    page.get_by_label("Clinic").select_option(label="Marina Clinic")
    page.locator("#upload-list").set_input_files(file)
    page.get_by_role("button", name="Try the file").click()
    page.wait_for_url("**/upload/?file=*")
    return page.url


def _make_list(file: Path, prefix: str) -> Path:
    """The first rows of the sample with references of their own."""
    lines = sample_lines()[:ROWS]
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(lines[0]))
        writer.writeheader()
        for line in lines:
            writer.writerow(line | {"client_reference": f"{prefix}-{line['client_reference']}"})
    return file
