"""What django-q2 may call. A job carries ids only, and is harmless when lost, doubled or late."""

from __future__ import annotations

import os

from django.conf import settings
from django.db.models.functions import Now

from eligibility.engine import slots
from eligibility.engine.drain import Drain
from eligibility.engine.identity import worker_name
from eligibility.models import WorkerHost
from portal.pii import no_patient_in_errors


def drain(slot_id: int, ticket: int) -> int:
    """Work off due rows on this slot. Returns how many rows were moved; 0 for a stale ticket."""
    if not slots.take(slot_id, ticket, worker_name()):
        return 0
    with no_patient_in_errors():
        return _drain(slot_id, ticket)


def _drain(slot_id: int, ticket: int) -> int:
    try:
        return Drain(
            worker=worker_name(),
            synthetic_url=settings.SYNTHETIC_PAYER_URL,
            beat=lambda: slots.beat(slot_id, ticket),
        ).run()
    finally:
        slots.free(slot_id, ticket)
        slots.wake_if_due()


def heartbeat(host_id: str) -> int:
    """Answer the host's question whether its workers still take jobs. Returns this process's id."""
    WorkerHost.objects.filter(pk=host_id).update(answered_at=Now())
    return os.getpid()
