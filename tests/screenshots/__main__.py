"""Every page in light, dark and phone width to var/screenshots/, and four of them to docs/."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tests.browser import QUIET, chromium
from tests.screenshots.png import write_small
from tests.screenshots.stage import ROOT, Demo, NoDemo, running_demo
from tests.screenshots.tour import addresses, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PICTURES = ROOT / "var" / "screenshots"
CHOSEN = ROOT / "docs" / "screenshots"
README = ("home", "worklist", "batch", "check")
HIGHEST = 6000


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page: its name, the colours asked for, the window in CSS pixels."""

    name: str
    scheme: Literal["light", "dark"]
    width: int
    height: int


LOOKS = (
    Look("light", "light", 1440, 900),
    Look("dark", "dark", 1440, 900),
    Look("phone", "light", 390, 844),
)


def main() -> int:
    """Take all pictures; 1 when the demo did not come up."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    CHOSEN.mkdir(parents=True, exist_ok=True)
    try:
        with running_demo() as demo, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
            _take_all(browser, demo)
            browser.close()
    except NoDemo as error:
        print(f"The demo did not come up:\n{error}", file=sys.stderr)
        return 1
    return 0


def _take_all(browser: Browser, demo: Demo) -> None:
    guide = browser.new_context()
    page = guide.new_page()
    log_in(page, demo)
    with tempfile.TemporaryDirectory() as lists:
        pages = list(addresses(page, demo, Path(lists)))
    cookies: Any = guide.storage_state()
    for look in LOOKS:
        outside = _open(browser, look).new_page()
        _take(outside, look, "login", f"{demo.url}/admin/login/")
        inside = _open(browser, look, cookies).new_page()
        for name, address in pages:
            _take(inside, look, name, address)
    print(f"{len(pages) + 1} pages in {len(LOOKS)} looks: {PICTURES.relative_to(ROOT)}/")


def _open(browser: Browser, look: Look, cookies: Any = None) -> BrowserContext:
    return browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        reduced_motion="reduce",
        timezone_id="Asia/Dubai",
        storage_state=cookies,
    )


def _take(page: Page, look: Look, name: str, address: str) -> None:
    """The whole page; for the README its first screen."""
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    if look.name == "light" and name in README:
        blank = page.context.new_page()
        write_small(blank, page.screenshot(), CHOSEN / f"{name}.png")
        blank.close()
    # A window as high as the page: bars that stick to the window's end then stand at the page's.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": look.width, "height": max(look.height, min(height, HIGHEST))})
    page.screenshot(path=PICTURES / f"{name}-{look.name}.png")


if __name__ == "__main__":
    raise SystemExit(main())
