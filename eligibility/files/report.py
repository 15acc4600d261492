"""What became of a file's rows, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from portal.intake.reports import Report


@dataclass(slots=True)
class FileReport(Report):
    """One file's rows: created + replayed + fixed + unchanged + conflicts + rejected = rows.

    `created` rows are new tasks, `replayed` ones had come before; `fixed`, `unchanged` and
    `conflicts` are of a file that corrects rows.
    """

    COUNTS: ClassVar[tuple[str, ...]] = (
        *("rows", "created", "replayed", "rejected"),
        *("fixed", "unchanged", "conflicts"),
    )

    is_correction: bool = False
    replayed: int = 0
    batch_id: str | None = None
    expected_by: datetime | None = None

    @property
    def ambiguous_dates(self) -> int:
        """Dates that may be two days, none of them guessed. Those of one row count each."""
        found = (*self.errors.values(), *self.doubts.values())
        return sum(reason.rows for reason in found if reason.code.endswith(".ambiguous"))

    @property
    def repeated_references(self) -> int:
        """Rows whose reference an earlier row of the file has."""
        return sum(r.rows for r in self.doubts.values() if r.code == "client_reference.repeated")
