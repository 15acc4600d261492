"""The verbs of eligibility: one function each, called alike by API, admin, jobs and commands."""

from eligibility.operations.answers import Created, Disposition, Entry
from eligibility.operations.batches import cancel_batch, pause_batch, resume_batch, run_batch
from eligibility.operations.create import create_tasks
from eligibility.operations.fixes import (
    Fixed,
    FixStatus,
    discard_rejected,
    fix_rejected,
    fix_task,
    row_of,
)
from eligibility.operations.reruns import (
    Moved,
    cancel_tasks,
    preview_cancel,
    preview_retry,
    retry_tasks,
)
from eligibility.operations.reviews import discard_rows, settle_tasks

__all__ = [
    "Created",
    "Disposition",
    "Entry",
    "FixStatus",
    "Fixed",
    "Moved",
    "cancel_batch",
    "cancel_tasks",
    "create_tasks",
    "discard_rejected",
    "discard_rows",
    "fix_rejected",
    "fix_task",
    "pause_batch",
    "preview_cancel",
    "preview_retry",
    "resume_batch",
    "retry_tasks",
    "row_of",
    "run_batch",
    "settle_tasks",
]
