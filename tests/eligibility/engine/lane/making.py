"""Lanes and their states without a database, and the moments of one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from eligibility.models import Connection, LaneState

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""A Sunday; four in the afternoon in Dubai."""


def a_lane(**fields: Any) -> Connection:
    """A connection that nobody stored."""
    return Connection(pk=1, name="A payer", connector="synthetic", **fields)


def a_state(**fields: Any) -> LaneState:
    """The state of `a_lane`."""
    return LaneState(connection_id=1, **fields)


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)
