"""A test call that somebody asked for: is the payer there, and does it let us in?"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction

from eligibility.choices import BreakerState, Failure
from eligibility.connectors.base import Call, Failed, Secrets
from eligibility.engine import opened, slots
from eligibility.engine.lane import breaker, login, patience, states
from eligibility.engine.lane.standing import standings
from eligibility.engine.runner import payer_session, settings_of
from eligibility.models import Connection, WorkerHost

LONGEST: Final = 20.0
"""Seconds that somebody waits for it at most."""

log = structlog.get_logger(__name__)


def probe_connection(*, connection: Connection) -> Failed | None:
    """Make one cheap call with the connection's settings and secrets; None when all is well.

    No patient is asked about, and no row is touched; when it was made and what came of it stands
    on the lane afterwards. Must not run inside a transaction: it waits for the payer, for the
    connection's own deadline or 20 seconds, whichever is shorter.
    """
    failed = _probe(connection)
    _learn(connection, failed)
    return failed


@transaction.atomic
def _learn(connection: Connection, failed: Failed | None) -> None:
    """A good call opens a locked credential, and lets the next row of an open breaker go ahead."""
    state = states.lock([connection.pk])[connection.pk]
    now = standings([connection])[0].now
    changes: dict[str, Any] = {
        "last_probe_at": now,
        "last_probe_ok": failed is None,
        "last_probe_code": "" if failed is None else failed.code[:64],
    }
    if failed is None:
        changes |= login.unlocked()
        if state.breaker == BreakerState.OPEN:
            changes |= breaker.probe_unheard(now)
    states.apply(state, changes)
    lane = Connection.objects.get(pk=connection.pk)
    states.change(state, changes | patience.follow(lane, state, now))
    if failed is None:
        slots.wake()


def _probe(connection: Connection) -> Failed | None:
    """The call in a loop of its own; whatever goes wrong is a value."""
    own = _synthetic_url()
    if not (connection.base_url or own):
        message = "No worker has started the synthetic payer yet."
        return Failed(Failure.PAYER_UNAVAILABLE, "no_workers", message)
    secrets = opened.secrets_of(connection.pk, connection.secrets_version)
    try:
        return asyncio.run(_call(connection, own, secrets))
    except TimeoutError:
        return Failed(Failure.TIMEOUT, "deadline", "The payer did not answer in time.")
    except (LookupError, ValueError):
        message = "The connection's connector or settings are not valid."
        return Failed(Failure.INTERNAL, "connection", message)
    except Exception as error:  # noqa: BLE001 (a connector may fail in any way)
        log.error("probe_failed", connection=connection.pk, error=type(error).__name__)
        message = "The payer's answer could not be read."
        return Failed(Failure.BAD_RESPONSE, type(error).__name__, message)


async def _call(connection: Connection, own: str, secrets: Secrets) -> Failed | None:
    connector, found = settings_of(connection.connector, json.dumps(connection.settings))
    async with payer_session(own) as session:
        call = Call(session, connection.base_url or own, secrets=secrets)
        async with asyncio.timeout(min(connection.deadline, LONGEST)):
            return await connector.probe(call, found)


def _synthetic_url() -> str:
    """Where the portal's own payer listens: the workers that started it know."""
    if settings.SYNTHETIC_PAYER_URL:
        return str(settings.SYNTHETIC_PAYER_URL)
    hosts = WorkerHost.objects.exclude(synthetic_url="").order_by("-seen_at")
    return hosts.values_list("synthetic_url", flat=True).first() or ""
