"""Good rows into records: what every road of rows (a request, a file, a fixed row) shares.

New records go in by one set-based insert that leaves out what is stored already, so a row that
another request stores at this moment is lost cleanly: it is looked up and answered as any other
that was there before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db import IntegrityError

from portal import objectid
from portal.intake.insert_new import insert_new_rows
from portal.intake.issues import Issue
from portal.intake.text import excerpt
from portal.intake.update import update_rows
from records.choices import Change, OnConflict
from records.models import ResourceRecord
from records.operations.answers import (
    Disposition,
    Entry,
    Intake,
    Key,
    Stored,
    key_of,
    logical_id_of,
)
from records.operations.history import note_changes, note_created
from records.operations.rows import CHANGED, COLUMNS, changed_row, new_row
from records.rules import Checked

UNIQUE = ("team_id", "integration_key", "logical_id")
CONSTRAINT = "logical_id"
"""In the name of the constraint that keeps two requests from creating the same record."""
_ROUNDS = 10
"""How often a row is tried whose record is there, and gone when it is looked up."""


class Vanished(IntegrityError):
    """Records were in the way of rows, and gone whenever they were looked up: begin anew."""


def sort_out(intake: Intake, checked: Sequence[Checked]) -> list[Entry]:
    """An entry for each row: FAILED with its errors, or CREATED as far as is known now.

    The first good row with a logical id is the one; later ones fail and name its place.
    """
    first: dict[Key, int] = {}
    entries = []
    for index, row in enumerate(checked):
        key = None if row.row is None or row.errors else key_of(row.row)
        errors = row.errors
        if key is not None and (seen := first.setdefault(key, index)) != index:
            errors = [_in_request(intake, seen, key)]
        disposition = Disposition.FAILED if errors else Disposition.CREATED
        entries.append(Entry(index, disposition, row, errors=errors))
    return entries


def _in_request(intake: Intake, first: int, key: Key) -> Issue:
    place = (
        f"Row {first} of this request"
        if intake.lines is None
        else "Line " + str(intake.line_of(first))
    )
    message = f"{place} has the same integrationId and logicalId."
    return Issue("/logicalId", "duplicate.in_request", message, excerpt(key[1]))


def is_good(entry: Entry) -> bool:
    """Whether the row came through so far."""
    return entry.disposition is not Disposition.FAILED


def find_known(
    team_id: str, keys: Collection[Key], *, lock: bool = False
) -> dict[Key, ResourceRecord]:
    """The records that have these keys, with one query however many."""
    if not keys:
        return {}
    found = ResourceRecord.objects.of_team(team_id).with_keys(keys)
    if lock:
        found = found.select_for_update().order_by("pk")
    wanted = set(keys)
    known = {(record.integration_key, record.logical_id): record for record in found}
    return {key: record for key, record in known.items() if key in wanted}


def give_ids(intake: Intake, entries: Sequence[Entry]) -> None:
    """Make each good row the record that it will be, with ids that ascend in the rows' order."""
    good = [entry for entry in entries if is_good(entry)]
    team_id, actor, now = intake.team.pk, intake.actor, intake.now
    for entry, record_id in zip(good, objectid.batch(len(good)), strict=True):
        row = entry.checked.row
        assert row is not None
        entry.disposition, entry.before = Disposition.CREATED, None
        entry.stored = Stored(
            record_id,
            team_id,
            row.integration_id,
            logical_id_of(row),
            row.config,
            1,
            actor,
            actor,
            now,
            now,
        )


def meet(intake: Intake, entry: Entry, record: ResourceRecord) -> None:
    """Say what becomes of a row whose record is there already."""
    entry.stored, row = Stored.of(record), entry.checked.row
    assert row is not None
    if intake.on_conflict is OnConflict.ERROR:
        entry.disposition, entry.stored = Disposition.FAILED, None
        entry.errors = [existing(record.pk, record.logical_id or "")]
    elif intake.on_conflict is OnConflict.SKIP:
        entry.disposition = Disposition.SKIPPED
    elif record.config == row.config:
        entry.disposition = Disposition.UNCHANGED
    else:
        entry.disposition, entry.before = Disposition.UPDATED, entry.stored
        entry.stored = entry.before.rewritten(row, actor=intake.actor, now=intake.now)


def existing(record_id: str, logical_id: str) -> Issue:
    """The row's integrationId and logicalId are another record's."""
    message = f"The record {record_id} has this integrationId and logicalId already."
    return Issue("/logicalId", "duplicate.existing", message, excerpt(logical_id))


def store_records(intake: Intake, entries: Sequence[Entry], submission_id: UUID | None) -> None:
    """Insert the good rows, meet those that were there, and note what happened.

    Belongs to the caller's transaction, which may run it again when it loses a race.
    """
    give_ids(intake, entries)
    good = [entry for entry in entries if is_good(entry)]
    left = good
    for _ in range(_ROUNDS):
        if not left:
            break
        rows = [new_row(intake, entry, submission_id) for entry in left]
        stored = insert_new_rows(ResourceRecord, COLUMNS, rows, unique=UNIQUE)
        left = _meet_those_before(intake, [entry for entry in left if id_of(entry) not in stored])
    if left:
        raise Vanished(CONSTRAINT)
    _note_created(intake, good)
    write_changes(intake, [entry for entry in good if entry.disposition is Disposition.UPDATED])


def id_of(entry: Entry) -> str:
    """The id of the record that the row made or met."""
    assert entry.stored is not None
    assert entry.stored.id is not None
    return entry.stored.id


def _meet_those_before(intake: Intake, lost: Sequence[Entry]) -> list[Entry]:
    """Answer rows whose record is stored; returns those whose record was just deleted again."""
    keys = {key: entry for entry in lost if (key := _key(entry)) is not None}
    lock = intake.on_conflict is OnConflict.UPDATE
    known = find_known(intake.team.pk, keys, lock=lock)
    for key, record in known.items():
        meet(intake, keys[key], record)
    return [entry for key, entry in keys.items() if key not in known]


def _note_created(intake: Intake, good: Sequence[Entry]) -> None:
    new = [id_of(entry) for entry in good if entry.disposition is Disposition.CREATED]
    if new:
        note_created(new[0], new[-1], source=intake.source, request_id=intake.request_id)


def _key(entry: Entry) -> Key | None:
    return key_of(entry.checked.row) if entry.checked.row else None


def write_changes(intake: Intake, entries: Sequence[Entry]) -> None:
    """Give these records, which are locked, what their rows say."""
    changed = [(entry.before, entry.stored, entry.checked) for entry in entries]
    if not changed:
        return
    rows = [changed_row(stored, checked) for _, stored, checked in changed if stored]
    update_rows(ResourceRecord, CHANGED, rows)
    note_changes(
        Change.UPDATED,
        [(before, stored) for before, stored, _ in changed],
        actor=intake.actor,
        now=intake.now,
        source=intake.source,
        request_id=intake.request_id,
    )


def foresee(intake: Intake, entries: Sequence[Entry]) -> None:
    """What a real run would make of the rows now; nothing is stored and new ids are None."""
    give_ids(intake, entries)
    keys = {key: entry for entry in entries if is_good(entry) and (key := _key(entry))}
    known: Mapping[Key, ResourceRecord] = find_known(intake.team.pk, keys)
    for key, record in known.items():
        meet(intake, keys[key], record)
    for entry in entries:
        if entry.disposition is Disposition.CREATED and entry.stored is not None:
            entry.stored = entry.stored.without_id()
