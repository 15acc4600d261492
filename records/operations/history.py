"""What happened to records, written in the transaction that does it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from portal.intake.insert import insert_rows
from records.choices import Change
from records.models import RecordChange, ResourceRecord
from records.operations.answers import Stored

_COLUMNS = (
    "team_id",
    "record_id",
    "version",
    "change",
    "before",
    "after",
    "actor",
    "source",
    "request_id",
    "at",
)
_RECORDS, _CHANGES = ResourceRecord._meta.db_table, RecordChange._meta.db_table


def note_created(first_id: str, last_id: str, *, source: str, request_id: str) -> None:
    """Note the creation of the records of one batch of ids, without taking them out and back.

    A batch's ids are one unbroken range of this process, so nobody else's lie between. What the
    records said then is not written twice: see `filled`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_CHANGES} (team_id, record_id, version, change, before, after, actor,"
            " source, request_id, at) SELECT team_id, id, version, %s, NULL, NULL, created_by,"
            f" %s, %s, created_at FROM {_RECORDS} WHERE id BETWEEN %s AND %s ORDER BY id",
            [Change.CREATED.value, source, request_id, first_id, last_id],
        )


def filled(changes: Iterable[RecordChange]) -> list[RecordChange]:
    """The changes of one record, a creation's `after` filled in.

    What a record said at first is what its next change found; without one it says so still.
    """
    found = list(changes)
    for change in found:
        if change.change == Change.CREATED:
            history = RecordChange.objects.of_record(change.team_id, change.record_id)
            later = history.filter(version__gt=change.version).first()
            record = ResourceRecord.objects.filter(pk=change.record_id).first()
            change.after = later.before if later else record and Stored.of(record).as_row()
    return found


def note_changes(
    change: Change,
    records: Iterable[tuple[Stored | None, Stored | None]],
    *,
    actor: str,
    now: datetime,
    source: str,
    request_id: str,
) -> None:
    """Note (before, after) of updated or deleted records in one insert."""
    insert_rows(
        RecordChange,
        _COLUMNS,
        [
            _values(change, before, after, actor, source, request_id, now)
            for before, after in records
        ],
    )


def _values(
    change: Change,
    before: Stored | None,
    after: Stored | None,
    actor: str,
    source: str,
    request_id: str,
    now: datetime,
) -> tuple[Any, ...]:
    record = after or before
    assert record is not None
    return (
        record.team_id,
        record.id,
        record.version if after else record.version + 1,
        change.value,
        before and before.as_row(),
        after and after.as_row(),
        actor,
        source,
        request_id,
        now,
    )
