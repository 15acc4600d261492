"""How lanes stand at this moment, for pages and forecasts: two queries, however many lanes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from eligibility import clock
from eligibility.engine.lane import pace
from eligibility.engine.lane.held import Held, held
from eligibility.engine.lane.states import moment
from eligibility.models import Connection, LaneState


@dataclass(frozen=True, slots=True)
class Standing:
    """One lane as it stands `now`, by the database's clock.

    `state` is an unsaved fresh one for a lane that nobody used yet; `in_flight` counts the
    rows in workers' hands; `held` is None when rows may be taken. `slots` is how many may be
    in flight now, less than the connection allows while the payer asks us to slow down.
    """

    lane: Connection
    state: LaneState
    in_flight: int
    now: datetime
    held: Held | None
    slots: int


def standings(lanes: Iterable[Connection]) -> list[Standing]:
    """How these lanes stand, in their order."""
    lanes = list(lanes)
    if not lanes:
        return []
    states = LaneState.objects.in_bulk([lane.pk for lane in lanes])
    in_flight, now = _in_flight([lane.pk for lane in lanes])
    return [
        _standing(lane, states.get(lane.pk) or LaneState(connection=lane), in_flight, now)
        for lane in lanes
    ]


def _standing(
    lane: Connection, state: LaneState, in_flight: dict[int, int], now: datetime
) -> Standing:
    return Standing(
        lane=lane,
        state=state,
        in_flight=in_flight.get(lane.pk, 0),
        now=now,
        held=held(lane, state, now),
        slots=pace.slots(lane, state, now),
    )


def _in_flight(lane_ids: list[int]) -> tuple[dict[int, int], datetime]:
    """The rows that workers hold, by lane, and what time it is."""
    marks = ", ".join(["%s"] * len(lane_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id, {clock.now()}, (SELECT count(*) FROM eligibility_eligibilitytask t"
            " WHERE t.connection_id = c.id AND t.status = 'running')"
            f" FROM eligibility_connection c WHERE c.id IN ({marks})",
            lane_ids,
        )
        rows: list[tuple[int, Any, int]] = cursor.fetchall()
    return {pk: count for pk, _, count in rows}, moment(rows[0][1])
