"""Rows that name a stored record by its own id: an export that comes back.

Most have the record's logical id as well and take the common road. Those without one, and those
that give a record another logical id, find it by its own id alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from portal.intake.issues import Issue
from portal.models import Submission
from records.choices import OnConflict
from records.importers.cells import without_nones
from records.importers.rows import Source
from records.models import ResourceRecord
from records.operations.answers import Disposition, Stored
from records.operations.changes import By, Changed, ChangeStatus, merged, update_record
from records.operations.filing import Wishes
from records.operations.known import Prepared, as_change
from records.querysets import is_object_id

_BECAME = {
    ChangeStatus.UPDATED: Disposition.UPDATED,
    ChangeStatus.UNCHANGED: Disposition.UNCHANGED,
}


def settle_by_id(
    rows: Sequence[Prepared], source: Source, wishes: Wishes
) -> dict[int, Disposition]:
    """Settle the rows that are found by their record's id alone; what they became, by place.

    A row that cannot be settled gets a fault and fails with the others of its chunk.
    """
    naming = {
        index: each
        for index, each in enumerate(rows)
        if is_object_id(each.row.record_id) and not each.faults
    }
    if not naming:
        return {}
    ids = {each.row.record_id for each in naming.values()}
    records = {
        record.pk: record for record in ResourceRecord.objects.of_team(wishes.team.pk).with_ids(ids)
    }
    found = {}
    for index, each in naming.items():
        record = records.get(each.row.record_id)
        if record is None or each.found == (record.integration_key, record.logical_id):
            continue
        became = _settle(record, each, source, wishes)
        if became is not None:
            found[index] = became
    return found


def _settle(
    record: ResourceRecord, each: Prepared, source: Source, wishes: Wishes
) -> Disposition | None:
    """What becomes of one row; None when it fails, which its faults then say."""
    if wishes.on_conflict == OnConflict.SKIP:
        return Disposition.SKIPPED
    if wishes.on_conflict == OnConflict.ERROR:
        message = f"The record {record.pk} is stored already."
        each.faults = (Issue("/_id", "duplicate.existing", message, record.pk),)
        return None
    change = as_change(record, each.row.raw, source)
    stands = Stored.of(record).as_row()
    if without_nones(merged(stands, change)) == without_nones(stands):
        return Disposition.UNCHANGED
    with transaction.atomic():
        changed = update_record(by=_by(wishes), record_id=record.pk, changes=change)
        if wishes.dry_run:
            transaction.set_rollback(True)
    return _became(changed, each)


def _became(changed: Changed, each: Prepared) -> Disposition | None:
    became = _BECAME.get(changed.status)
    if became is None:
        gone = Issue("/_id", "record.gone", "The record was deleted at this moment.")
        each.faults = tuple(changed.errors) or (gone,)
    return became


def _by(wishes: Wishes) -> By:
    source = Submission.Source.FILE.value
    return By(wishes.team, wishes.actor, source, wishes.request_id, wishes.profile)
