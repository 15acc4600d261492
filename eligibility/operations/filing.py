"""What is asked with a file, and who looks on while its rows come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eligibility.files.report import FileReport
from portal import audit
from portal.intake import watching
from portal.intake.readers import Line
from portal.models import Clinic, Submission, Verb


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked beside the file.

    `actor` is a person's or a key's 24-hex id, `known_as` whom the audit log names where that
    is neither (a command). `scheduled` makes a batch that waits until
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
    known_as: audit.Actor | None = None


def note_import(wishes: Wishes, report: FileReport, submission: Submission | None = None) -> None:
    """The import's one entry in the audit log, in the transaction of the first rows that it writes.

    Without a submission the file corrects rows of the clinic. The counts are those of the first
    rows, which of most files are all; how the rest went stands on the submission.
    """
    if submission is None:
        facts: dict[str, Any] = {"is_correction": True}
    else:
        facts = {"first_rows": report.rows, "first_rejected": report.rejected}
        if wishes.scheduled_for is not None:
            facts["scheduled_for"] = wishes.scheduled_for
    audit.record(
        verb=Verb.IMPORTED,
        actor=wishes.known_as or wishes.actor,
        obj=submission or wishes.clinic,
        details={"read_as": report.read_as, **facts},
    )


Watch = watching.Watch[FileReport, Line]
"""Who looks on while the checks of a file come in."""
