"""What became of a file's rows, counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.intake.issues import Issue
from portal.intake.reasons import Reason, as_stored, by_frequency, count_issues, from_stored

__all__ = ["FileReport", "Reason", "by_frequency"]

_COUNTS = ("rows", "created", "replayed", "rejected", "fixed", "unchanged", "conflicts")


@dataclass(slots=True)
class FileReport:
    """One file's rows: created + replayed + fixed + unchanged + conflicts + rejected = rows.

    `created` rows are new tasks, `replayed` ones had come before; `fixed`, `unchanged` and
    `conflicts` are of a file that corrects rows. `errors` say why rows were rejected, `doubts`
    what is odd about accepted ones: a row may count under several. `is_done` is false while
    rows are still to come; `was_done` says that the file had come in before and nothing was
    done now; `resumed_after` is the line that an earlier, broken-off import had reached.
    """

    name: str = ""
    read_as: str = ""
    notices: list[str] = field(default_factory=list)
    is_correction: bool = False
    rows: int = 0
    created: int = 0
    replayed: int = 0
    rejected: int = 0
    fixed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    errors: dict[str, Reason] = field(default_factory=dict)
    doubts: dict[str, Reason] = field(default_factory=dict)
    is_dry_run: bool = False
    is_done: bool = False
    was_done: bool = False
    resumed_after: int = 0
    submission_id: str | None = None
    batch_id: str | None = None
    expected_by: datetime | None = None

    @property
    def accepted(self) -> int:
        """Rows that are in, by this file or before; the others are rejected or in conflict."""
        return self.rows - self.rejected - self.conflicts

    @property
    def ambiguous_dates(self) -> int:
        """Dates that may be two days, none of them guessed. Those of one row count each."""
        found = (*self.errors.values(), *self.doubts.values())
        return sum(reason.rows for reason in found if reason.code.endswith(".ambiguous"))

    @property
    def repeated_references(self) -> int:
        """Rows whose reference an earlier row of the file has."""
        return sum(r.rows for r in self.doubts.values() if r.code == "client_reference.repeated")

    def count_errors(self, issues: Iterable[Issue]) -> None:
        """Count why one row was rejected."""
        count_issues(self.errors, issues)

    def count_doubts(self, issues: Iterable[Issue]) -> None:
        """Count what is odd about one accepted row."""
        count_issues(self.doubts, issues)

    def as_counts(self) -> dict[str, Any]:
        """The counts alone, to be stored between two chunks."""
        reasons = {"errors": as_stored(self.errors), "doubts": as_stored(self.doubts)}
        return {name: getattr(self, name) for name in _COUNTS} | reasons

    def take_counts(self, counts: dict[str, Any]) -> None:
        """Go on from stored counts."""
        for name in _COUNTS:
            setattr(self, name, counts.get(name, 0))
        self.errors = from_stored(counts.get("errors", []))
        self.doubts = from_stored(counts.get("doubts", []))
