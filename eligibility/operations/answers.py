"""What a request brings along, and what it is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from eligibility.engine.fresh import Known
from eligibility.rules import Checked
from portal.intake.issues import Issue
from portal.models import Clinic, Team

Fresh = tuple[int, Checked, str | None, UUID]
"""A row to be made: its index, the row, its reference key and its task's id."""


class Disposition(StrEnum):
    """What became of one row of a request. Reused: made, and answered at once by what we knew."""

    CREATED = "created"
    REPLAYED = "replayed"
    REUSED = "reused"
    REJECTED = "rejected"


@dataclass(slots=True)
class Entry:
    """The answer to one row, at its place in the request (`index`, from 0).

    `age` is how many seconds old a reused answer is.
    """

    index: int
    disposition: Disposition
    task_id: str | None
    checked: Checked
    age: int | None = None

    @property
    def errors(self) -> list[Issue]:
        """Why the row was rejected."""
        return self.checked.errors

    @property
    def warnings(self) -> list[Issue]:
        """What is doubtful about the row."""
        return self.checked.warnings


@dataclass(slots=True)
class Created:
    """The answer to a whole request. Replayed rows count as created, as the caller expects."""

    entries: list[Entry]
    total_created: int
    total_errors: int
    submission_id: str | None = None
    batch_id: str | None = None
    expected_by: datetime | None = None

    def note_reused(self, known: Mapping[int, Known], now: datetime) -> None:
        """Say of the new rows at these places that an earlier answer stands for them."""
        for index, each in known.items():
            entry = self.entries[index]
            entry.disposition = Disposition.REUSED
            entry.age = max(int((now - each.answered_at).total_seconds()), 0)


@dataclass(slots=True)
class Intake:
    """One request on its way in. `accepted` holds (index, row, reference key).

    `lines` are the rows' places in a file; without them a row's place is its index. `sent_on`
    are the indexes of searches that went straight to a payer.
    """

    team: Team
    clinic: Clinic
    actor: str
    source: str
    request_id: str
    description: str
    scheduled_for: datetime | None
    options: dict[str, Any]
    now: datetime
    lines: Sequence[int] | None = None
    accepted: list[tuple[int, Checked, str | None]] = field(default_factory=list)
    rejected: list[tuple[int, Checked]] = field(default_factory=list)
    sent_on: set[int] = field(default_factory=set)

    def line_of(self, index: int) -> int:
        """Where the row of this index stands in the request or file."""
        return index if self.lines is None else self.lines[index]


def answer(
    checked: list[Checked],
    task_ids: Mapping[int, UUID],
    fresh: Collection[int],
    *,
    with_ids: bool = True,
) -> Created:
    """The answer in the request's order: `task_ids` by row, `fresh` the rows made just now."""
    entries = []
    for index, row in enumerate(checked):
        task_id = task_ids.get(index)
        if task_id is None:
            entries.append(Entry(index, Disposition.REJECTED, None, row))
            continue
        disposition = Disposition.CREATED if index in fresh else Disposition.REPLAYED
        entries.append(Entry(index, disposition, str(task_id) if with_ids else None, row))
    return Created(
        entries=entries,
        total_created=len(task_ids),
        total_errors=sum(1 for row in checked if row.errors),
    )
