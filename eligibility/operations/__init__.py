"""The verbs of eligibility: one function each, called alike by API, admin, jobs and commands."""

from eligibility.operations.answers import Created, Disposition, Entry
from eligibility.operations.batches import cancel_batch, pause_batch, resume_batch, run_batch
from eligibility.operations.create import create_tasks
from eligibility.operations.filing import Watch, Wishes
from eligibility.operations.fixes import fix_task
from eligibility.operations.imports import import_file
from eligibility.operations.reruns import (
    Moved,
    cancel_tasks,
    preview_cancel,
    preview_retry,
    retry_tasks,
)
from eligibility.operations.resubmit import resubmit
from eligibility.operations.reviews import discard_rows, settle_tasks
from eligibility.question import row_of
from portal.intake.fixing import Fixed, FixStatus, discard_rejected, fix_rejected

__all__ = [
    "Created",
    "Disposition",
    "Entry",
    "FixStatus",
    "Fixed",
    "Moved",
    "Watch",
    "Wishes",
    "cancel_batch",
    "cancel_tasks",
    "create_tasks",
    "discard_rejected",
    "discard_rows",
    "fix_rejected",
    "fix_task",
    "import_file",
    "pause_batch",
    "preview_cancel",
    "preview_retry",
    "resubmit",
    "resume_batch",
    "retry_tasks",
    "row_of",
    "run_batch",
    "settle_tasks",
]
