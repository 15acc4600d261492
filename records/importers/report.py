"""What became of a file's rows, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from portal.intake.reports import Report

DONE: Final = ("created", "updated", "unchanged", "skipped", "fixed")


@dataclass(slots=True)
class RecordReport(Report):
    """One file's rows: those of `DONE` + rejected + conflicts = rows.

    `created` rows are new records, `updated`, `unchanged` and `skipped` ones were there before.
    `fixed` and `conflicts` are rows that correct rejected ones; `waiting` ones are among the
    unchanged: nobody edited them, and they are as rejected as before.
    """

    COUNTS: ClassVar[tuple[str, ...]] = ("rows", *DONE, "rejected", "conflicts")

    updated: int = 0
    skipped: int = 0
    corrections: int = 0
    waiting: int = 0
    elsewhere: int = 0

    @property
    def accepted(self) -> int:
        """Rows that are in, by this file or before; the others wait or are in conflict."""
        return self.rows - self.rejected - self.conflicts - self.waiting
