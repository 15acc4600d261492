"""A real browser for tests: the system's Chromium, watched for everything it should not do.

One browser serves all tests of a process, each in a window of its own: the next one finds no
cookie and nothing stored, but the scripts and styles that were fetched before. Without Chromium
these tests skip; in CI (CI=true) they fail, since it must be there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How Chromium is started: nothing but the pages that a test opens."""
_LISTEN = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
_DRAWN = """
document.fonts.ready.then(
  () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
)
"""


def chromium() -> str:
    """Where the browser is. Skips the test when there is none, or fails it in CI."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
            pytest.fail("there is no Chromium in CI")
        pytest.skip("there is no Chromium")
    return found


@dataclass
class Watched:
    """A page in the browser, and what it did wrong so far."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open a page of the portal; returns its status once its scripts ran and it is drawn."""
        answer = self.page.goto(self.url + path)
        self.page.evaluate(_DRAWN)
        assert answer is not None
        return answer.status

    def log_in(self, username: str, password: str) -> None:
        """Through the login page, as people do."""
        self.go("/admin/login/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(lambda url: "/login/" not in url)

    def violations(self) -> list[str]:
        """What the page's policy had to block on this page, console errors, foreign requests."""
        blocked: list[str] = self.page.evaluate("window.__violations || []")
        return [*self.faults, *blocked]


@dataclass(frozen=True, slots=True)
class SharedBrowser:
    """The windows' common ground, and the event loop of the browser's driver.

    Between two tests that loop is hidden: other tests run loops of their own in this thread.
    """

    context: BrowserContext
    loop: asyncio.AbstractEventLoop

    def forget(self, page: Page) -> None:
        """Close a test's windows and drop what its pages kept in the browser."""
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
        for opened in self.context.pages:
            opened.close()
        self.context.clear_cookies()
        self.context.clear_permissions()


@pytest.fixture(scope="session")
def browser() -> Iterator[SharedBrowser]:
    """The browser of this process, started by the first test that needs it."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        context = started.new_context(timezone_id="Asia/Dubai", reduced_motion="reduce")
        context.add_init_script(_LISTEN)
        shared = SharedBrowser(context, asyncio.get_running_loop())
        asyncio._set_running_loop(None)
        yield shared
        asyncio._set_running_loop(shared.loop)
        started.close()


@pytest.fixture
def watched(
    live_server: LiveServer,
    browser: SharedBrowser,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> Iterator[Watched]:
    """A fresh window on the portal under test. Passwords are hashed in no time.

    The browser's driver runs an event loop in this thread, where Django would then refuse to
    read a row: that check is off while the window is open, and no other test sees the loop.
    """
    from django.db import connections

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(browser.loop)
    try:
        page = browser.context.new_page()
        page.set_viewport_size({"width": 1360, "height": 860})
        window = Watched(page, live_server.url)
        _watch(window)
        yield window
        browser.forget(page)
        # Where a loop runs, Django keeps connections of their own: close those as well.
        connections.close_all()
    finally:
        asyncio._set_running_loop(None)


def _watch(window: Watched) -> None:
    own = urlsplit(window.url).netloc

    def on_request(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
            window.faults.append(f"asks another host: {request.url}")

    def on_console(message: Any) -> None:
        if message.type in {"error", "warning"}:
            window.faults.append(f"console: {message.text}")

    window.page.on("request", on_request)
    window.page.on("console", on_console)
    window.page.on("pageerror", lambda error: window.faults.append(f"script: {error}"))
