"""What integrators read: tasks, results and batches in the contract's words (api-contract, 4).

Pure functions over plain rows (`Row` is what `.values(*ROW_FIELDS)` gives), so that 10,000 results
cost one query and no model instances.
"""

from __future__ import annotations

from eligibility.wire.batches import batch_results
from eligibility.wire.created import created_tasks, rejected_rows, scheduled_batch
from eligibility.wire.results import RESULT_FIELDS, ROW_FIELDS, result, row, unknown_row

__all__ = [
    "RESULT_FIELDS",
    "ROW_FIELDS",
    "batch_results",
    "created_tasks",
    "rejected_rows",
    "result",
    "row",
    "scheduled_batch",
    "unknown_row",
]
