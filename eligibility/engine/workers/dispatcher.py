"""What has to happen by the clock: one beat a second, on every host that runs workers.

Each step is a compare-and-swap on rows, so any number of dispatchers may beat at once. A beat
looks at the rows' own state, never at what may or may not stand in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from eligibility.engine import announced, lanes, leases, slots, unroutable
from eligibility.engine.search import directory, searches, sweep
from eligibility.models import WorkerHost
from portal.webhooks import beat as webhooks

FORGET_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat did."""

    returned: int
    failed: int
    woke: bool


def beat(host_id: str) -> Beat:
    """Say we are here, give back lost rows, fail unroutable ones, wake a drain if rows are due.

    Searches that are due begin before that, so that their first payers are asked at once, and
    announced rules of payers before these, so that the searches go by them.
    """
    WorkerHost.objects.filter(pk=host_id).update(seen_at=Now())
    announced.begin_due()
    slots.free_stale()
    returned = leases.return_expired()
    failed = unroutable.fail_unroutable()
    searches.start_due()
    sweep.sweep()
    directory.feed()
    webhooks.beat(host_id)
    woke = lanes.any_due() and slots.wake(host_id=host_id)
    return Beat(returned=returned, failed=failed, woke=woke)
