"""Lane states in the database: made when first needed, read and written under their locks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from eligibility.models import LaneState

STATE = "eligibility_lanestate"


def moment(value: datetime | str) -> datetime:
    """A moment as a raw read gives it: SQLite's is text, or naive, and in UTC."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def ensure(lane_ids: Collection[int]) -> int:
    """Make the states that these lanes do not have yet. Returns how many."""
    if not lane_ids:
        return 0
    marks = ", ".join(["%s"] * len(lane_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {STATE} (connection_id) SELECT id FROM eligibility_connection"
            f" WHERE id IN ({marks})"
            f" AND id NOT IN (SELECT connection_id FROM {STATE} WHERE connection_id IN ({marks}))"
            " ON CONFLICT DO NOTHING",
            [*lane_ids, *lane_ids],
        )
        return int(cursor.rowcount)


def lock(lane_ids: Collection[int]) -> dict[int, LaneState]:
    """The states of these lanes, held until the transaction ends.

    In the order of the lanes, so that two who lock several never wait for each other.
    """
    rows = LaneState.objects.filter(pk__in=lane_ids).select_for_update(no_key=True).order_by("pk")
    found = {state.pk: state for state in rows}
    if missing := [pk for pk in lane_ids if pk not in found]:
        ensure(missing)
        return lock(lane_ids)
    return found


def change(state: LaneState, changes: Mapping[str, Any]) -> None:
    """Write these columns of a locked state, in the database and in hand."""
    if changes:
        LaneState.objects.filter(pk=state.pk).update(**changes)
        apply(state, changes)


def apply(state: LaneState, changes: Mapping[str, Any]) -> None:
    """Set these columns of a state in hand."""
    for name, value in changes.items():
        setattr(state, name, value)
