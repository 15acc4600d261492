"""The verbs of records: one function each, called alike by API, admin, jobs and commands."""

from portal.intake.fixing import Fixed, FixStatus, discard_rejected, fix_rejected
from records.operations.answers import Created, Disposition, Entry, Stored
from records.operations.changes import (
    By,
    Changed,
    ChangeStatus,
    delete_record,
    put_by_logical_id,
    record_history,
    update_record,
)
from records.operations.create import create_records
from records.operations.history import filled
from records.operations.refused import KIND

__all__ = [
    "KIND",
    "By",
    "ChangeStatus",
    "Changed",
    "Created",
    "Disposition",
    "Entry",
    "FixStatus",
    "Fixed",
    "Stored",
    "create_records",
    "delete_record",
    "discard_rejected",
    "filled",
    "fix_rejected",
    "put_by_logical_id",
    "record_history",
    "update_record",
]
