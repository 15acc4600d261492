"""Held lanes as other pages tell of them: home, a batch, a check."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from eligibility.admin.home_desk import Desk
from eligibility.admin.links import address
from eligibility.choices import HeldReason
from eligibility.engine.forecast.finishes import state_of
from eligibility.engine.lane.held import Held, held
from eligibility.models import Connection
from eligibility.presentation.lanes import HELD, stops, why_held
from portal.badges import Badge

SHOWN = 4


@dataclass(frozen=True, slots=True)
class HeldLane:
    """A lane that takes no rows for now, in words."""

    name: str
    badge: Badge
    why: str
    address: str
    is_locked: bool


def lanes_of(desk: Desk) -> list[Connection]:
    """The lanes of the person's teams, with their states."""
    lanes = Connection.objects.filter(team__in=desk.teams)
    return list(lanes.select_related("payer", "lane_state").order_by("name", "pk"))


def held_now(lane: Connection | None, now: datetime) -> Held | None:
    """Why a lane that was read with its state is held, if it is."""
    found = None if lane is None else held(lane, state_of(lane), now)
    return found if stops(found) else None


def held_lanes(
    lanes: Collection[Connection], waiting: Collection[int], *, now: datetime, zone: tzinfo
) -> list[HeldLane]:
    """Those of the lanes that are held: first those with rows `waiting` in them (lanes' ids).

    A connection that is switched off is worth a word only when rows wait for it.
    """
    found = [(lane, reason) for lane in lanes if (reason := held_now(lane, now))]
    told = [
        (lane, reason)
        for lane, reason in found
        if lane.pk in waiting or reason.reason != HeldReason.INACTIVE
    ]
    told.sort(key=lambda each: each[0].pk not in waiting)
    return [_in_words(lane, reason, now, zone) for lane, reason in told]


def _in_words(lane: Connection, reason: Held, now: datetime, zone: tzinfo) -> HeldLane:
    return HeldLane(
        name=lane.payer.name if lane.payer else lane.name,
        badge=HELD[reason.reason],
        why=why_held(reason, now=now, zone=zone, because=lane.pause_reason),
        address=address("lane", lane.pk),
        is_locked=reason.reason == HeldReason.CREDENTIALS,
    )


def home_lanes(lanes: Sequence[Connection], waiting: Collection[int], desk: Desk) -> dict[str, Any]:
    """What the home page says of the lanes; `locked` are those whose login an admin corrects."""
    told = held_lanes(lanes, waiting, now=desk.now, zone=desk.zone)
    return {
        "held": told[:SHOWN],
        "more": max(len(told) - SHOWN, 0),
        "locked": [lane for lane in told if lane.is_locked],
        "address": address("lanes"),
    }
