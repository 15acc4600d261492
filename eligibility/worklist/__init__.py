"""What waits for people: failed rows, doubtful answers and rejected rows, by payer and cause."""

from eligibility.worklist.filters import Filters, Since
from eligibility.worklist.groups import UNKNOWN_PAYER, Group, GroupKey, Kind
from eligibility.worklist.rows import Worklist, key_of

__all__ = [
    "UNKNOWN_PAYER",
    "Filters",
    "Group",
    "GroupKey",
    "Kind",
    "Since",
    "Worklist",
    "key_of",
]
