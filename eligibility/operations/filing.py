"""What is asked with a file, and who looks on while its rows come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from eligibility.files.report import FileReport
from portal.intake.issues import Issue
from portal.intake.readers import Line
from portal.models import Clinic


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked beside the file.

    `actor` is a person's or a key's 24-hex id. `scheduled` makes a batch that waits until
    `scheduled_for` (aware; None or past: at once). `again` brings in a file that has come in
    within the last 24 hours; its rows with a reference are replayed all the same. `rerun` says
    that corrected tasks are asked again.
    """

    clinic: Clinic
    actor: str = ""
    profile: str = "lenient"
    scheduled: bool = False
    scheduled_for: datetime | None = None
    description: str = ""
    dry_run: bool = False
    again: bool = False
    rerun: bool = True
    request_id: str = ""


def _nobody(report: FileReport) -> None:
    """Nobody looks on."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: after each chunk, at each row that is refused, and whether to go on.

    `refused` hears of every row of the file that is not in: its line, and why. That includes
    rows that an earlier run of the same file rejected and that are still open.
    """

    progress: Callable[[FileReport], None] = _nobody
    refused: Callable[[Line, Sequence[Issue]], None] | None = None
    keep_going: Callable[[], bool] = _always
