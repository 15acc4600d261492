"""What people do with a lane: pause and resume it, set its limits, trust its payer again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from eligibility.choices import BreakerState
from eligibility.connectors.base import Failed
from eligibility.engine import slots
from eligibility.engine.lane import breaker, patience, states
from eligibility.engine.lane.standing import standings
from eligibility.models import Connection
from eligibility.operations.probes import probe_connection
from portal import audit
from portal.audit import Actor
from portal.models import Verb

LIMITS: Final = (
    *("max_in_flight", "rate_windows", "daily_cap", "blackouts", "timezone", "deadline"),
    *("max_conversations", "give_up_after", "backoff_min", "backoff_max"),
    *("breaker_min", "breaker_max"),
)
"""What `set_limits` may set."""


@transaction.atomic
def pause_lane(*, connection: Connection, actor: Actor, reason: str = "") -> bool:
    """Send nothing more on this lane until somebody resumes it. False when it is paused already.

    Calls under way run to their end; no row is rewritten. `reason` is shown to staff.
    """
    mine = Connection.objects.filter(pk=connection.pk, paused_at=None)
    if not mine.update(paused_at=Now(), paused_by=actor.id, pause_reason=reason.strip()[:200]):
        return False
    _tell_clock(connection)
    audit.record(verb=Verb.PAUSED, actor=actor, obj=connection, changes={"paused": (False, True)})
    return True


@transaction.atomic
def resume_lane(*, connection: Connection, actor: Actor) -> bool:
    """Let a paused lane go on. False when it is not paused."""
    mine = Connection.objects.filter(pk=connection.pk, paused_at__isnull=False)
    if not mine.update(paused_at=None, paused_by="", pause_reason=""):
        return False
    _tell_clock(connection)
    audit.record(verb=Verb.RESUMED, actor=actor, obj=connection, changes={"paused": (True, False)})
    slots.wake()
    return True


@transaction.atomic
def reset_breaker(*, connection: Connection, actor: Actor) -> bool:
    """Trust the payer again at once, without a row that goes ahead. False when it is trusted."""
    state = states.lock([connection.pk])[connection.pk]
    if state.breaker == BreakerState.CLOSED:
        return False
    before = state.get_breaker_display()
    states.change(state, breaker.closed(standings([connection])[0].now))
    _tell_clock(connection)
    changes = {"breaker": (before, BreakerState.CLOSED.label)}
    audit.record(verb=Verb.CHANGED, actor=actor, obj=connection, changes=changes)
    slots.wake()
    return True


@transaction.atomic
def set_limits(*, connection: Connection, limits: Mapping[str, Any], actor: Actor) -> bool:
    """Set some of the lane's LIMITS. False when they are so already.

    Raises ValidationError, and changes nothing, when one makes no sense.
    """
    if unknown := set(limits) - set(LIMITS):
        raise ValueError(f"not a limit: {', '.join(sorted(unknown))}")
    stored = Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    changes = {
        name: (getattr(stored, name), value)
        for name, value in limits.items()
        if getattr(stored, name) != value
    }
    if not changes:
        return False
    for name, (_, value) in changes.items():
        setattr(stored, name, value)
    stored.full_clean()
    stored.save(update_fields=list(changes))
    _tell_clock(stored)
    audit.record(verb=Verb.CHANGED, actor=actor, obj=stored, changes=changes)
    slots.wake()
    return True


def probe_lane(*, connection: Connection, actor: Actor) -> Failed | None:
    """Make a test call and write down who asked for it; None when all is well.

    A good one unlocks the credential, and lets the next row of a lane whose breaker is open go
    ahead at once. Must not run inside a transaction (`probe_connection`).
    """
    failed = probe_connection(connection=connection)
    facts = {"result": "all is well" if failed is None else failed.code}
    audit.record(verb=Verb.TESTED, actor=actor, obj=connection, details=facts)
    return failed


def _tell_clock(connection: Connection) -> None:
    """Let the lane's clock of held time know how it stands now (`engine/lane/patience.py`)."""
    lane = Connection.objects.get(pk=connection.pk)
    state = states.lock([lane.pk])[lane.pk]
    states.change(state, patience.follow(lane, state, standings([lane])[0].now))
