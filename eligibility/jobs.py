"""What django-q2 may call. A job carries ids only, and is harmless when lost, doubled or late."""

from __future__ import annotations

import os

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from eligibility.engine import leases, slots
from eligibility.engine.drain import Drain
from eligibility.engine.search import searches
from eligibility.engine.workers.identity import worker_name
from eligibility.models import WorkerHost
from portal.pii import no_patient_in_errors

SPENT = 70
"""The exit code of a worker that ended itself: a connector holds its event loop or memory."""


def drain(slot_id: int, ticket: int) -> int:
    """Work off due rows on this slot. Returns how many rows were moved; 0 for a stale ticket."""
    if not slots.take(slot_id, ticket, worker_name()):
        return 0
    with no_patient_in_errors():
        return _drain(slot_id, ticket)


def _drain(slot_id: int, ticket: int) -> int:
    """Drain, and leave the slot as it was found. A process that is spent ends here."""
    drain, may_go_on = _make_drain(slot_id, ticket), True
    try:
        searches.start_due()
        moved = drain.run()
        drain.journal.write()
        may_go_on = moved > 0  # otherwise the next one would find as little: the next beat wakes it
    except Exception:
        # Its rows have no worker any more; one of them may be what it stumbled over.
        leases.return_of_dead([worker_name()])
        raise
    finally:
        slots.free(slot_id, ticket)
        if may_go_on:
            slots.wake_if_due()
        if drain.is_spent:
            leave()
    return moved


def leave() -> None:
    """End this process hard: a thread that is never done would keep it from ending in order."""
    connection.close()
    os._exit(SPENT)


def _make_drain(slot_id: int, ticket: int) -> Drain:
    return Drain(
        worker=worker_name(),
        synthetic_url=settings.SYNTHETIC_PAYER_URL,
        beat=lambda: slots.beat(slot_id, ticket),
        tries_suspects=slots.is_first(slot_id),
    )


def heartbeat(host_id: str) -> int:
    """Answer the host's question whether its workers still take jobs. Returns this process's id."""
    WorkerHost.objects.filter(pk=host_id).update(answered_at=Now())
    return os.getpid()
