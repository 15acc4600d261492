"""The models of eligibility, one file a subject."""

from eligibility.models.attempt import Attempt, Result
from eligibility.models.batch import Batch
from eligibility.models.directory import DirectoryMark, KnownMember
from eligibility.models.engine import DrainSlot, InvariantResult, WorkerHost
from eligibility.models.history import TaskEvent, TaskRevision
from eligibility.models.lane import LaneState
from eligibility.models.payer import Connection, Payer
from eligibility.models.rules_version import RulesVersion
from eligibility.models.secret import ConnectionSecret
from eligibility.models.task import EligibilityTask

__all__ = [
    "Attempt",
    "Batch",
    "Connection",
    "ConnectionSecret",
    "DirectoryMark",
    "DrainSlot",
    "EligibilityTask",
    "InvariantResult",
    "KnownMember",
    "LaneState",
    "Payer",
    "Result",
    "RulesVersion",
    "TaskEvent",
    "TaskRevision",
    "WorkerHost",
]
