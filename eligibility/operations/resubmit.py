"""Try the rejected rows of a submission again as they came: the rules may have changed since."""

from __future__ import annotations

from collections import Counter

from eligibility.operations.group_rejected import RejectedChecks
from eligibility.operations.reruns import Moved
from portal.groupfix.rejected import open_refs
from portal.models import RejectedRow, Submission

STILL_WRONG = "still wrong under the rules of today"


def resubmit(*, submission: Submission, actor: str) -> Moved:
    """Accept every open row of the submission that is good by now, each at its own line.

    The others stay as they are, with the errors that they came with.
    """
    kind = RejectedChecks()

    def accept() -> Moved:
        rows = RejectedRow.objects.filter(submission=submission).order_by("line")
        held = [each for each in kind.hold(open_refs(rows), lock=True) if not each.stays]
        applied = kind.apply([(each, each.stands) for each in held], actor=actor)
        wrong = sum(1 for each in applied if each.errors)
        return Moved(len(held) - wrong, Counter({STILL_WRONG: wrong} if wrong else {}))

    return kind.in_transaction(accept)
