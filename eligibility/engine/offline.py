"""Can a claimed row be sent at all? Asked of its connector, without a call."""

from __future__ import annotations

import structlog

from eligibility.choices import Failure, Look
from eligibility.connectors.base import Failed, Reply
from eligibility.engine.claim import Claimed
from eligibility.engine.runner import settings_of

log = structlog.get_logger(__name__)


def offline_failure(row: Claimed) -> Reply | None:
    """Why the row cannot be sent at all. One that has been sent is only asked about."""
    try:
        connector, settings = settings_of(row.lane.connector, row.lane.settings)
    except (LookupError, ValueError):
        return Failed(
            Failure.INTERNAL, "connection", "The connection's connector or settings are not valid."
        )
    if row.look is not Look.NONE:
        return None
    try:
        problem = connector.check(row.query, settings)
    except Exception as error:  # noqa: BLE001 (a connector may fail in any way)
        log.error("check_failed", task=str(row.task_id), error=type(error).__name__)
        return Failed(Failure.INTERNAL, type(error).__name__, "The row could not be checked.")
    return None if problem is None else Failed(Failure.INPUT_INVALID, "check", problem)
