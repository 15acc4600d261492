"""What a request of records brings along, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from portal.intake.adapt import JsonText
from portal.intake.issues import Issue
from portal.intake.text import find_unstorable
from portal.models import Clinic, Submission, Team
from records.choices import OnConflict
from records.models import ResourceRecord
from records.querysets import is_object_id
from records.rules import Checked, Record

_LONGEST_ID = 200

Key = tuple[str, str]
"""(integration key, logical id): what is unique inside a team."""


class Disposition(StrEnum):
    """What became of one row; updated, unchanged and skipped only where `on_conflict` asks."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(slots=True)  # frozen ones take three times as long to make
class Stored:
    """A record as it stands, never changed. `id` is None in a dry run, when there is none yet."""

    id: str | None
    team_id: str
    integration_id: str | None
    logical_id: str | None
    config: Mapping[str, Any]
    version: int
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: ResourceRecord) -> Stored:
        """A row of the table."""
        return cls(
            record.pk,
            record.team_id,
            record.integration_id,
            record.logical_id,
            record.config,
            record.version,
            record.created_by,
            record.updated_by,
            record.created_at,
            record.updated_at,
        )

    def rewritten(self, row: Record, *, actor: str, now: datetime) -> Stored:
        """The record after somebody gave it what this row says."""
        return replace(
            self,
            integration_id=row.integration_id,
            logical_id=logical_id_of(row),
            config=row.config,
            version=self.version + 1,
            updated_by=actor,
            updated_at=now,
        )

    def without_id(self) -> Stored:
        """The record as it would be, in a dry run."""
        return replace(self, id=None)

    def as_row(self) -> dict[str, Any]:
        """The record in the words of a request, as histories keep it."""
        return {
            "logicalId": self.logical_id,
            "integrationId": self.integration_id,
            "config": self.config,
        }


@dataclass(slots=True)
class Entry:
    """The answer to one row, at its place in the request (`index`, from 0).

    `stored` is the record that it made or met, None when it failed; `before` is that record
    before an update. `written` is a new record's config as JSON text: what is stored is what is
    answered, so it is written once.
    """

    index: int
    disposition: Disposition
    checked: Checked
    stored: Stored | None = None
    before: Stored | None = None
    errors: list[Issue] = field(default_factory=list)
    written: JsonText | None = None

    @property
    def warnings(self) -> list[Issue]:
        """What is doubtful about the row."""
        return self.checked.warnings


@dataclass(slots=True)
class Created:
    """The answer to a whole request, a row's at its place."""

    entries: list[Entry]
    submission_id: str | None = None

    @property
    def total_created(self) -> int:
        """How many records were made."""
        return self.count(Disposition.CREATED)

    @property
    def total_errors(self) -> int:
        """How many rows failed."""
        return self.count(Disposition.FAILED)

    def count(self, disposition: Disposition) -> int:
        """How many rows became this."""
        return sum(1 for entry in self.entries if entry.disposition is disposition)


@dataclass(slots=True)
class Intake:
    """One request or chunk of a file on its way in.

    `lines` are the rows' places in a file; without them a row's place is its index. `submission`
    is the file's own when an earlier chunk has made it.
    """

    team: Team
    clinic: Clinic | None
    actor: str
    source: str
    request_id: str
    profile: str
    on_conflict: OnConflict
    now: datetime
    lines: Sequence[int] | None = None
    submission: Submission | None = None
    all_or_nothing: bool = False

    def line_of(self, index: int) -> int:
        """Where the row of this index stands in the request or file."""
        return index if self.lines is None else self.lines[index]

    @property
    def options(self) -> dict[str, Any]:
        """What was asked beside the rows, for those that are accepted later."""
        return {"profile": self.profile, "on_conflict": self.on_conflict.value}


def logical_id_of(row: Record) -> str | None:
    """The row's logical id; a blank one is none."""
    return row.logical_id or None


def key_of(row: Record) -> Key | None:
    """By what a row finds the record that is already stored; None when it can find none."""
    return (row.integration_id or "", row.logical_id) if row.logical_id else None


def raw_key(raw: Any) -> Key | None:
    """The same of a row as it was sent, as far as it can be read; None for odd values."""
    if not isinstance(raw, dict):
        return None
    integration, logical_id = raw.get("integrationId"), raw.get("logicalId")
    if not isinstance(logical_id, str) or not isinstance(integration, str | None):
        return None
    is_fit = bool(logical_id) and len(logical_id) <= _LONGEST_ID
    is_fit = is_fit and find_unstorable(logical_id) is None
    if not is_fit or (integration and not is_object_id(integration)):
        return None
    return (integration or "", logical_id)
