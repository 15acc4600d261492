"""What waits for people: failed rows, doubtful answers and rejected rows, by payer and cause."""

from eligibility.worklist.filters import Filters, Since
from eligibility.worklist.groups import Group, GroupKey, Kind
from eligibility.worklist.rows import Worklist

__all__ = ["Filters", "Group", "GroupKey", "Kind", "Since", "Worklist"]
