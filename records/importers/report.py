"""What became of a file's rows, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from portal.intake.issues import Issue
from portal.intake.reasons import Reason, as_stored, count_issues, from_stored

DONE: Final = ("created", "updated", "unchanged", "skipped", "fixed")
COUNTS: Final = ("rows", *DONE, "rejected", "conflicts")


@dataclass(slots=True)
class RecordReport:
    """One file's rows: those of `DONE` + rejected + conflicts = rows.

    `created` rows are new records, `updated`, `unchanged` and `skipped` ones were there before.
    `fixed` and `conflicts` are rows that correct rejected ones; `waiting` ones are among the
    unchanged: nobody edited them, and they are as rejected as before. `errors` say why rows were
    rejected, `doubts` what is odd about accepted ones: a row may count under several. `is_done` is
    false while rows are still to come; `was_done` says that the file had come in before and
    nothing was done now; `resumed_after` is the line that a broken-off import had reached.
    """

    name: str = ""
    read_as: str = ""
    notices: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    fixed: int = 0
    rejected: int = 0
    conflicts: int = 0
    corrections: int = 0
    waiting: int = 0
    elsewhere: int = 0
    errors: dict[str, Reason] = field(default_factory=dict)
    doubts: dict[str, Reason] = field(default_factory=dict)
    is_dry_run: bool = False
    is_done: bool = False
    was_done: bool = False
    resumed_after: int = 0
    submission_id: str | None = None

    @property
    def accepted(self) -> int:
        """Rows that are in, by this file or before; the others are rejected or in conflict."""
        return self.rows - self.rejected - self.conflicts - self.waiting

    def count_errors(self, issues: Iterable[Issue]) -> None:
        """Count why one row was rejected."""
        count_issues(self.errors, issues)

    def count_doubts(self, issues: Iterable[Issue]) -> None:
        """Count what is odd about one accepted row."""
        count_issues(self.doubts, issues)

    def as_counts(self) -> dict[str, Any]:
        """The counts alone, to be stored between two chunks."""
        reasons = {"errors": as_stored(self.errors), "doubts": as_stored(self.doubts)}
        return {name: getattr(self, name) for name in COUNTS} | reasons

    def take_counts(self, counts: dict[str, Any]) -> None:
        """Go on from stored counts."""
        for name in COUNTS:
            setattr(self, name, counts.get(name, 0))
        self.errors = from_stored(counts.get("errors", []))
        self.doubts = from_stored(counts.get("doubts", []))
