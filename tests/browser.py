"""A real browser for tests: the system's Chromium, watched for everything it should not do.

Without Chromium these tests skip; in CI (CI=true) they fail, since it must be there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
_LISTEN = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
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
        """Open a page of the portal; returns its status once it is quiet."""
        answer = self.page.goto(self.url + path)
        self.page.wait_for_load_state("networkidle")
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


@pytest.fixture
def watched(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A fresh window on the portal under test, in a browser of its own.

    The browser's driver runs an event loop in this thread, where Django would then refuse to
    read a row: that check is off while the window is open, and no loop outlives the test.
    """
    from django.db import connections
    from playwright.sync_api import sync_playwright

    path = chromium()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        context = started.new_context(
            viewport={"width": 1360, "height": 860},
            timezone_id="Asia/Dubai",
            reduced_motion="reduce",
        )
        context.add_init_script(_LISTEN)
        window = Watched(context.new_page(), live_server.url)
        _watch(window)
        yield window
        started.close()
        # Where a loop runs, Django keeps connections of their own: close those as well.
        connections.close_all()


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
