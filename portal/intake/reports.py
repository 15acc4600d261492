"""What became of a file's rows: what the report of every kind of file counts and tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from portal.intake.issues import Issue
from portal.intake.reasons import Reason, as_stored, by_frequency, count_issues, from_stored


@dataclass(slots=True)
class Report:
    """One file's rows, counted. Each kind of file adds what else may become of a row.

    `created` rows are new; `fixed`, `unchanged` and `conflicts` ones correct what was there.
    `errors` say why rows were rejected, `doubts` what is odd about accepted ones: a row may count
    under several. `is_done` is false while rows are still to come; `was_done` says that the file
    had come in before and nothing was done now; `resumed_after` is the line that an earlier,
    broken-off import had reached. `COUNTS` names what is kept between two chunks.
    """

    COUNTS: ClassVar[tuple[str, ...]] = ()

    name: str = ""
    read_as: str = ""
    notices: list[str] = field(default_factory=list)
    rows: int = 0
    created: int = 0
    fixed: int = 0
    unchanged: int = 0
    conflicts: int = 0
    rejected: int = 0
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
        return self.rows - self.rejected - self.conflicts

    def count_errors(self, issues: Iterable[Issue]) -> None:
        """Count why one row was rejected."""
        count_issues(self.errors, issues)

    def count_doubts(self, issues: Iterable[Issue]) -> None:
        """Count what is odd about one accepted row."""
        count_issues(self.doubts, issues)

    def as_counts(self) -> dict[str, Any]:
        """The counts alone, to be stored between two chunks."""
        reasons = {"errors": as_stored(self.errors), "doubts": as_stored(self.doubts)}
        return {name: getattr(self, name) for name in self.COUNTS} | reasons

    def take_counts(self, counts: dict[str, Any]) -> None:
        """Go on from stored counts."""
        for name in self.COUNTS:
            setattr(self, name, counts.get(name, 0))
        self.errors = from_stored(counts.get("errors", []))
        self.doubts = from_stored(counts.get("doubts", []))


def how_it_was_read(report: Report) -> list[str]:
    """What a terminal is told before the counts."""
    lines = [f"Read as {report.read_as}.", *report.notices]
    if report.was_done:
        lines.append("This file came in within the last 24 hours; nothing was done now.")
    elif report.resumed_after:
        lines.append(f"Went on behind line {report.resumed_after:,}, where it had broken off.")
    return lines


def counts_line(report: Report, told: str) -> str:
    """The number of rows and `told`, what became of them, in one sentence."""
    would = "Dry run, nothing was stored. " if report.is_dry_run else ""
    return f"{would}{report.rows:,} rows: {told}."


def reason_lines(report: Report) -> list[str]:
    """Why rows were rejected and doubted, the commonest first. Nothing that a row says is in it."""
    return [
        f"  {title} {reason.rows:>7,} × {reason.code}, as in: {reason.message}"
        for title, reasons in (("Rejected", report.errors), ("Doubtful", report.doubts))
        for reason in by_frequency(reasons)
    ]
