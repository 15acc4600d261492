"""The verbs of eligibility: one function each, called alike by API, admin, jobs and commands."""

from eligibility.operations.answers import Created, Disposition, Entry
from eligibility.operations.batches import cancel_batch, pause_batch, resume_batch, run_batch
from eligibility.operations.create import create_tasks

__all__ = [
    "Created",
    "Disposition",
    "Entry",
    "cancel_batch",
    "create_tasks",
    "pause_batch",
    "resume_batch",
    "run_batch",
]
