"""One record changed, replaced or deleted: by whoever saw its latest version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.intake.issues import Issue
from portal.intake.races import winning_races
from portal.models import Submission, Team
from records.choices import Change, OnConflict
from records.models import RecordChange, ResourceRecord
from records.operations.answers import Disposition, Entry, Intake, Stored, key_of
from records.operations.create import check, create_records
from records.operations.history import note_changes
from records.operations.store import CONSTRAINT, existing, find_known, write_changes
from records.querysets import ChangeQuerySet


class ChangeStatus(StrEnum):
    """What became of a change. Stale: somebody else changed the record meanwhile."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    STALE = "stale"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Changed:
    """The answer to a change: the record as it stands now, or what is wrong with the row."""

    status: ChangeStatus
    stored: Stored | None = None
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class By:
    """Who changes records, and by which road: the words of RecordChange."""

    team: Team
    actor: str
    source: str = Submission.Source.API.value
    request_id: str = ""
    profile: str = "lenient"

    def intake(self) -> Intake:
        """One change on its way in."""
        return Intake(
            team=self.team,
            clinic=None,
            actor=self.actor,
            source=self.source,
            request_id=self.request_id,
            profile=self.profile,
            on_conflict=OnConflict.ERROR,
            now=timezone.now(),
        )


def update_record(
    *,
    by: By,
    record_id: str,
    changes: Mapping[str, Any],
    versions: Collection[int] | None = None,
) -> Changed:
    """Merge changes into a record (RFC 7396: null takes a value away, lists are replaced).

    `changes` is a part of {"logicalId", "integrationId", "config"}. `versions` are those that
    the caller knows; another one is stale and nothing is written. None: whatever it is.
    """

    def change() -> Changed:
        record = _locked(by.team, pk=record_id)
        if record is None:
            return Changed(ChangeStatus.GONE)
        wanted = merged(Stored.of(record).as_row(), changes)
        return _rewrite(by.intake(), record, wanted, versions)

    return winning_races(change, unique=CONSTRAINT)


def put_by_logical_id(
    *,
    by: By,
    integration_id: str,
    logical_id: str,
    row: Mapping[str, Any],
    versions: Collection[int] | None = None,
    must_exist: bool = False,
) -> Changed:
    """Store this row as the record of (integration, logical id), whether there is one or not.

    The ids of the address stand above those of the row. With `versions` there must be one, and
    with `must_exist` one of whatever version.
    """
    wanted = {**row, "integrationId": integration_id, "logicalId": logical_id}
    key = {"integration_key": integration_id, "logical_id": logical_id}

    def change() -> Changed | None:
        record = _locked(by.team, **key)
        if record is None:
            is_free = versions is None and not must_exist
            return None if is_free else Changed(ChangeStatus.STALE)
        return _rewrite(by.intake(), record, wanted, versions)

    return winning_races(change, unique=CONSTRAINT) or _create(by, wanted)


def _create(by: By, row: Mapping[str, Any]) -> Changed:
    """A new record; when somebody else has just made it, it takes over what this row says."""
    created = create_records(
        team=by.team,
        actor=by.actor,
        rows=[dict(row)],
        profile=by.profile,
        on_conflict=OnConflict.UPDATE.value,
        source=by.source,
        request_id=by.request_id,
    )
    (entry,) = created.entries
    failed = entry.disposition is Disposition.FAILED
    status = ChangeStatus.REJECTED if failed else ChangeStatus(entry.disposition.value)
    return Changed(status, entry.stored, entry.errors, entry.warnings)


@transaction.atomic
def delete_record(*, by: By, record_id: str, versions: Collection[int] | None = None) -> Changed:
    """Delete a record for good; its history stays, with what it said last."""
    record = _locked(by.team, pk=record_id)
    if record is None:
        return Changed(ChangeStatus.GONE)
    stored = Stored.of(record)
    if versions is not None and record.version not in versions:
        return Changed(ChangeStatus.STALE, stored)
    ResourceRecord.objects.filter(pk=record.pk).delete()
    note_changes(
        Change.DELETED,
        [(stored, None)],
        actor=by.actor,
        now=timezone.now(),
        source=by.source,
        request_id=by.request_id,
    )
    return Changed(ChangeStatus.DELETED, stored)


def record_history(*, team: Team, record_id: str) -> ChangeQuerySet:
    """All that happened to one record of the team, the oldest first, also when it is deleted.

    A creation does not hold what the record said then: `filled` adds it to those that are shown.
    """
    history: ChangeQuerySet = RecordChange.objects.of_record(team.pk, record_id)
    return history


def merged(stands: Any, changes: Any) -> Any:
    """A JSON merge patch (RFC 7396) of plain values; nothing given is changed in place."""
    if not isinstance(changes, Mapping):
        return changes
    result = dict(stands) if isinstance(stands, Mapping) else {}
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def _locked(team: Team, **which: Any) -> ResourceRecord | None:
    records = ResourceRecord.objects.of_team(team.pk).filter(**which)
    record: ResourceRecord | None = records.select_for_update().first()
    return record


def _rewrite(
    intake: Intake,
    record: ResourceRecord,
    wanted: Mapping[str, Any],
    versions: Collection[int] | None,
) -> Changed:
    """Give a locked record what this row says, if the row is right and nobody has its key."""
    stored = Stored.of(record)
    if versions is not None and record.version not in versions:
        return Changed(ChangeStatus.STALE, stored)
    (checked,) = check(intake, [dict(wanted)], own_ids={0: record.pk})
    if checked.errors or checked.row is None:
        return Changed(ChangeStatus.REJECTED, stored, checked.errors, checked.warnings)
    after = stored.rewritten(checked.row, actor=intake.actor, now=intake.now)
    if after.as_row() == stored.as_row():
        return Changed(ChangeStatus.UNCHANGED, stored, warnings=checked.warnings)
    key = key_of(checked.row)
    other = find_known(intake.team.pk, [key]).get(key) if key is not None else None
    if other is not None and other.pk != record.pk:
        errors = [existing(other.pk, other.logical_id or "")]
        return Changed(ChangeStatus.DUPLICATE, stored, errors, checked.warnings)
    write_changes(intake, [Entry(0, Disposition.UPDATED, checked, stored=after, before=stored)])
    return Changed(ChangeStatus.UPDATED, after, warnings=checked.warnings)
