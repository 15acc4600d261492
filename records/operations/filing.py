"""What is asked with a file of practitioners, and who looks on while its rows come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal import audit
from portal.intake import watching
from portal.models import Submission, Team, Verb
from records.choices import OnConflict
from records.importers.report import RecordReport
from records.importers.rows import FileRow


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked beside the file.

    `actor` is a person's or a key's 24-hex id, `known_as` whom the audit log names where that is
    neither (a command). `integration_id` is the integration of rows that name none.
    `on_conflict` says what becomes of rows whose record is stored. `again` brings in a file that
    has come in within the last 24 hours.
    """

    team: Team
    actor: str = ""
    integration_id: str | None = None
    profile: str = "lenient"
    on_conflict: str = OnConflict.ERROR.value
    dry_run: bool = False
    again: bool = False
    request_id: str = ""
    known_as: audit.Actor | None = None


def note_import(wishes: Wishes, report: RecordReport, submission: Submission | None = None) -> None:
    """The import's one entry in the audit log, in the transaction of the first rows that it writes.

    Without a submission the file corrects rows of the team. The counts are those of the first
    rows, which of most files are all; how the rest went stands on the submission.
    """
    facts: dict[str, Any] = {"is_correction": True}
    if submission is not None:
        facts = {"first_rows": report.rows, "first_rejected": report.rejected}
    audit.record(
        verb=Verb.IMPORTED,
        actor=wishes.known_as or wishes.actor,
        obj=submission or wishes.team,
        details={"read_as": report.read_as, **facts},
    )


Watch = watching.Watch[RecordReport, FileRow]
"""Who looks on while the practitioners of a file come in."""
