"""Lanes as the staff's pages show them, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from eligibility.admin.names import names_of
from eligibility.engine.forecast.finishes import Finish, lane_finish
from eligibility.engine.lane.depth import Depth, depths
from eligibility.engine.lane.held import Held
from eligibility.engine.lane.recent import MINUTE, Recent, answered_within, recents
from eligibility.engine.lane.standing import Standing, standings
from eligibility.models import Connection, LaneState
from eligibility.presentation.lanes import stops


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane at a moment. `last_minute` is how many rows ended in it, `paused_by` a name."""

    standing: Standing
    depth: Depth
    recent: Recent
    last_minute: int
    finish: Finish
    paused_by: str

    @property
    def lane(self) -> Connection:
        """The connection."""
        return self.standing.lane

    @property
    def state(self) -> LaneState:
        """What the lane has used up, and how far it trusts its payer."""
        return self.standing.state

    @property
    def now(self) -> datetime:
        """The moment, by the database's clock."""
        return self.standing.now

    @property
    def held(self) -> Held | None:
        """Why it takes no rows, if that is more than its own limit."""
        return self.standing.held if stops(self.standing.held) else None

    @property
    def waits(self) -> int:
        """Rows whose turn has come, or that the payer works on."""
        return self.depth.due + self.depth.waiting


def own_lanes(request: HttpRequest) -> QuerySet[Connection]:
    """The lanes of the person's team; those who look after the machine see every team's."""
    user: Any = request.user
    lanes = Connection.objects.select_related("payer", "team").order_by("name", "pk")
    if user.team_id is None:
        return lanes if user.is_superuser else lanes.none()
    return lanes.filter(team_id=user.team_id)


def own_lane(request: HttpRequest, pk: int) -> Connection:
    """One of them. Raises Http404."""
    lane = own_lanes(request).filter(pk=pk).first()
    if lane is None:
        raise Http404("no such lane")
    return lane


def read_lanes(lanes: Collection[Connection]) -> list[LaneView]:
    """How these lanes stand, in their order; seven statements, however many lanes."""
    found = standings(lanes)
    if not found:
        return []
    ids, now = [each.lane.pk for each in found], found[0].now
    deep, lately = depths(ids, now=now), recents(lanes)
    last_minute = answered_within(ids, since=now - MINUTE)
    names = names_of({lane.paused_by for lane in lanes} - {""})
    return [
        LaneView(
            standing=each,
            depth=deep[each.lane.pk],
            recent=lately[each.lane.pk],
            last_minute=last_minute.get(each.lane.pk, 0),
            finish=lane_finish(
                each.lane, each.state, deep[each.lane.pk], lately[each.lane.pk].pace, now=now
            ),
            paused_by=names.get(each.lane.paused_by, ""),
        )
        for each in found
    ]
