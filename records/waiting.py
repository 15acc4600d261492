"""How many rejected practitioners wait for somebody, for pages that lead there."""

from __future__ import annotations

from portal.models import RejectedRow, Submission
from records.operations import KIND

MOST = 1_000
"""More are not counted: the number only says that there is work."""


def practitioners_waiting(team_id: str | None) -> int:
    """The team's open rejected rows of records, MOST at most. One query."""
    if team_id is None:
        return 0
    submissions = Submission.objects.filter(team_id=team_id, kind=KIND)
    waiting = RejectedRow.objects.open().filter(submission__in=submissions.values("pk"))
    return waiting[:MOST].count()
