"""What integrators read: tasks, results and batches in the contract's words (api-contract, 4).

Pure functions over plain rows (`Row` is what `.values(*ROW_FIELDS)` gives), so that 10,000 results
cost one query and no model instances.
"""

from __future__ import annotations

from eligibility.wire.batches import batch, batch_results
from eligibility.wire.created import (
    created_task,
    created_tasks,
    rejected_row,
    rejected_rows,
    scheduled_batch,
)
from eligibility.wire.moves import moved, raise_unless_fixed, raise_unless_moved
from eligibility.wire.payers import payer, payer_head
from eligibility.wire.results import RESULT_FIELDS, ROW_FIELDS, result, row, unknown_row
from eligibility.wire.submissions import rejected, submission
from eligibility.wire.tasks import TASK_RELATED, task, task_etag

__all__ = [
    "RESULT_FIELDS",
    "ROW_FIELDS",
    "TASK_RELATED",
    "batch",
    "batch_results",
    "created_task",
    "created_tasks",
    "moved",
    "payer",
    "payer_head",
    "raise_unless_fixed",
    "raise_unless_moved",
    "rejected",
    "rejected_row",
    "rejected_rows",
    "result",
    "row",
    "scheduled_batch",
    "submission",
    "task",
    "task_etag",
    "unknown_row",
]
