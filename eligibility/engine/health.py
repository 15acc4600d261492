"""What the engine adds to `/readyz`: are there workers, and do due rows move?"""

from __future__ import annotations

from typing import Final

from django.db.models.functions import Now

from eligibility.engine.lane.depth import depths
from eligibility.engine.lane.standing import standings
from eligibility.engine.slots import ALIVE_FOR
from eligibility.models import Connection, WorkerHost
from portal.health import Check

OLD: Final = 300.0
"""Seconds that a due row of an open lane may wait before somebody should look."""


def workers() -> Check:
    """Whether some `workers` command has beaten lately, on whatever machine."""
    hosts = WorkerHost.objects.filter(seen_at__gt=Now() - ALIVE_FOR)
    found = list(hosts.values_list("workers", flat=True))
    return Check("workers", ok=bool(found), facts={"hosts": len(found), "workers": sum(found)})


def due_rows() -> Check:
    """How long the oldest due row has stood still.

    A lane that is held, or that has rows in flight, is at work as it should be.
    """
    lanes = [each for each in standings(Connection.objects.all()) if each.held is None]
    idle = {each.lane.pk: each.now for each in lanes if not each.in_flight}
    if not idle:
        return Check("due_rows", ok=True, facts={"oldest_seconds": 0})
    now = max(idle.values())
    since = [depth.oldest_due_at for depth in depths(list(idle), now=now).values()]
    oldest = max(((now - each).total_seconds() for each in since if each), default=0.0)
    return Check("due_rows", ok=oldest <= OLD, facts={"oldest_seconds": round(oldest)})
