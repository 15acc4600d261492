"""Somebody's desk: a window on the portal, a payer that answers, files to bring in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eligibility.models import EligibilityTask
from eligibility.operations import create_tasks
from portal.models import User
from tests.browser import Watched
from tests.cast import Cast
from tests.eligibility.engine.helpers import drain_until_done, in_thread
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.make_rows import make_row
from tests.portal.admin.entering import PASSWORD, with_password

if TYPE_CHECKING:
    from playwright.sync_api import Page

GOOD, REFUSED = "SYN-ELIGIBLE", "SYN-INPUT-INVALID"
"""A card of an insured member, and one that the payer refuses as it is."""
SAMPLE = Path(str(files("eligibility"))) / "data" / "appointments.csv"
"""The shipped list of a day: 400 rows, 19 of them with a mistake."""


@dataclass
class Desk:
    """What one person sees and does."""

    watched: Watched
    cast: Cast
    payer: WatchedPayer
    directory: Path
    _noted: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """The window."""
        return self.watched.page

    def enter(self, person: User) -> None:
        """Log in through the form."""
        self.watched.log_in(with_password(person).username, PASSWORD)

    def go(self, path: str) -> None:
        """Open a page, and look whether it did anything that it should not."""
        self.note()
        assert self.watched.go(path) == 200, path

    def note(self) -> None:
        """Keep what the present page's policy had to block: the next page knows nothing of it."""
        self._noted += self.page.evaluate("window.__violations || []")

    def press(self, name: str) -> None:
        """Press the one button or link of this name."""
        self.note()
        named = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        named.or_(link).click()

    def faults(self) -> list[str]:
        """Blocked by the policy, said on the console, asked of another host."""
        self.note()
        return [*self._noted, *self.watched.faults]

    def drain(self) -> None:
        """Let the workers ask the payer about all that is in line."""
        thread = in_thread(lambda: drain_until_done(self.payer, within=30))
        thread.join(40)
        assert not thread.is_alive()

    def ask(self, *cards: str) -> str:
        """Send a batch about these cards and wait for its end; the batch's id."""
        rows = [make_card_row(card, number) for number, card in enumerate(cards, 1)]
        us = self.cast.us
        created = create_tasks(team=us.team, clinic=us.first, actor="a" * 24, rows=rows)
        assert created.batch_id is not None
        self.drain()
        return str(created.batch_id)

    def try_file(self, file: Path) -> None:
        """Choose a file on the upload page and have it tried."""
        self.go("/admin/upload/")
        clinics = self.page.get_by_label("Clinic", exact=True)
        if clinics.count():
            clinics.select_option(label=self.cast.us.first.name)
        self.page.locator("#upload-list").set_input_files(file)
        self.press("Try the file")
        self.page.wait_for_url("**/upload/?file=*")

    def tile(self, word: str) -> str:
        """The number over a word on the trial's page."""
        tile = self.page.locator(".ep-stat").filter(has_text=re.compile(rf"{word}$"))
        return tile.locator(".ep-stat-number").inner_text()


def make_card_row(card: str, number: int) -> dict[str, Any]:
    """A row about a card, of a person of its own."""
    return make_row(
        id_type="CARDNUMBER",
        id_value=card,
        tpa_name="TPA002",
        name=f"Patient {'ABCDEFGH'[number]}",
        client_reference=f"STORY-{number}",
    )


def outcomes() -> dict[str, str]:
    """The outcome, or else the failure, of every check by its reference."""
    rows = EligibilityTask.objects.filter(parent=None)
    found = rows.values_list("client_reference", "outcome", "failure")
    return {reference: outcome or failure for reference, outcome, failure in found}
