"""Lanes in words: one line each in the list, and the parts of a lane's own page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from typing import Any

from eligibility.admin.lane_view import LaneView
from eligibility.admin.links import address, tasks_address
from eligibility.choices import BreakerState, Failure, HeldReason, Status
from eligibility.engine.lane import pace
from eligibility.lane_limits import DAYS, parse_blackouts, parse_windows
from eligibility.models import Connection
from eligibility.presentation.lanes import FAILED, HELD, pace_words, when, why_held
from portal import moments
from portal.badges import Badge

LATE_AFTER = timedelta(minutes=5)
"""A due row of an open lane that waited for so long is worth a second look."""
FAILURES_SHOWN = 2
_PERIODS = ((1.0, "a second"), (60.0, "a minute"), (3600.0, "an hour"), (86_400.0, "a day"))


def rank(view: LaneView) -> tuple[int, int, str]:
    """The order of the list: what is held, what runs, what waits, and then the idle ones."""
    held, busy = view.held, view.standing.in_flight or view.depth.in_line
    if held is not None and held.reason != HeldReason.INACTIVE:
        place = 0 if busy else 2
    elif held is not None:
        place = 0 if busy else 5
    else:
        place = 1 if busy else 4
    return (place, -view.waits, view.lane.name.casefold())


def summary(views: Sequence[LaneView]) -> list[dict[str, Any]]:
    """The lanes added up: how many run, are held and idle, and how many rows wait."""
    held = [view for view in views if view.held]
    running = [view for view in views if not view.held and view.standing.in_flight]
    stuck = sum(view.waits for view in held)
    waiting = sum(view.waits for view in views)
    asked = sum(view.standing.in_flight for view in views)
    return [
        _tile("Lanes running", len(running), "progress_activity", "blue" if running else "grey"),
        _tile("Lanes held", len(held), "front_hand", "amber" if held else "grey"),
        _tile("Rows being asked", asked, "sync", "blue" if asked else "grey"),
        _tile("Rows waiting", waiting, "schedule", "grey"),
        _tile("Of them held", stuck, "hourglass_disabled", "amber" if stuck else "grey"),
    ]


def _tile(word: str, count: int, icon: str, colour: str) -> dict[str, Any]:
    return {"word": word, "count": f"{count:,}", "icon": icon, "colour": colour}


def line(view: LaneView, zone: tzinfo, *, several_teams: bool = False) -> dict[str, Any]:
    """One lane in the list."""
    lane = view.lane
    return {
        "pk": lane.pk,
        "name": whom(lane),
        "more": f"{lane.team.name} · {lane.name}" if several_teams else lane.name,
        "link": address("lane", lane.pk),
        "badge": badge(view),
        "why": why(view, zone),
        "due": f"{view.depth.due:,}",
        "beside": beside(view),
        "in_flight": f"{view.standing.in_flight} of {view.standing.slots}",
        "pace": now_words(view),
        "usual": usual(view),
        "is_idle": not (view.depth.in_line or view.standing.in_flight or view.last_minute),
        "finish": finish(view, zone),
        "left": left(view),
        "oldest": oldest(view),
        "is_late": is_late(view),
        "failures": failures(view)[:FAILURES_SHOWN],
    }


def whom(lane: Connection) -> str:
    """Whom the lane asks; the test connection asks nobody in particular."""
    return lane.payer.name if lane.payer else "Rows in test mode"


def badge(view: LaneView) -> Badge:
    """What the lane does, in one look."""
    if view.held is not None:
        return HELD[view.held.reason]
    if view.state.breaker != BreakerState.CLOSED:
        return Badge("Tries again", "troubleshoot", "amber")
    if view.standing.in_flight:
        return Badge("Running", "progress_activity", "blue")
    if view.depth.due:
        return Badge("In line", "schedule", "blue")
    return Badge("Open", "check_circle", "green")


def why(view: LaneView, zone: tzinfo) -> str:
    """Why it is held, and until when; for an open lane what it waits for, if for anything."""
    if view.held is not None:
        because = view.lane.pause_reason
        return why_held(view.held, now=view.now, zone=zone, by=view.paused_by, because=because)
    if view.state.breaker != BreakerState.CLOSED:
        return "One row goes ahead; if it is answered, the others follow."
    if view.standing.slots < view.lane.max_in_flight:
        return "It goes slowly for a while, since the payer asked us to slow down."
    return ""


def beside(view: LaneView) -> list[str]:
    """The rows that are not due, in words."""
    depth = view.depth
    counts = [
        (depth.later, "later"),
        (depth.waiting, "at the payer"),
        (depth.parked, "not their turn"),
    ]
    return [f"{count:,} {word}" for count, word in counts if count]


def now_words(view: LaneView) -> str:
    """What came out in the last minute."""
    return pace_words(view.last_minute / 60) if view.last_minute else "–"


def usual(view: LaneView) -> str:
    """The pace that forecasts go by."""
    measured = view.recent.pace
    return f"{'usually' if measured.is_measured else 'expected'} {pace_words(measured.a_second)}"


def finish(view: LaneView, zone: tzinfo) -> str:
    """When what is due will be answered."""
    if not view.waits:
        return "–"
    if view.finish.at is None:
        return "Not known"
    local, today = view.finish.at.astimezone(zone), view.now.astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b, %H:%M}"


def left(view: LaneView) -> str:
    """How long that is from now."""
    if not view.waits or view.finish.at is None:
        return ""
    return f"in {moments.length(max((view.finish.at - view.now).total_seconds(), 1))}"


def oldest(view: LaneView) -> str:
    """How long the first row in line waits; empty when none does."""
    due = view.depth.oldest_due_at
    return moments.length((view.now - due).total_seconds()) if due else ""


def is_late(view: LaneView) -> bool:
    """Whether that is longer than it should be."""
    due = view.depth.oldest_due_at
    return due is not None and view.now - due > LATE_AFTER


def failures(view: LaneView) -> list[dict[str, Any]]:
    """How the newest rows failed, the commonest first, each with where they are listed."""
    code = view.lane.payer.code if view.lane.payer else ""
    return [
        {
            "word": str(Failure(failure).label),
            "short": FAILED.get(failure, failure),
            "count": f"{count:,}",
            "link": tasks_address(payer=code, status=Status.FAILED, failure=failure),
        }
        for failure, count in view.recent.failures.most_common()
    ]


def limits(view: LaneView) -> list[tuple[str, str]]:
    """What bounds the lane, and how much of it is used up."""
    lane, state, now = view.lane, view.state, view.now
    pairs = [("At the same time", f"up to {lane.max_in_flight}")]
    left_over = pace.tokens(lane, state, now)
    for window in parse_windows(lane.rate_windows):
        left = max(int(left_over[window.key]), 0)
        pairs.append(
            (f"Calls {period(window.seconds)}", f"{window.calls:,} ({left:,} may leave at once)")
        )
    if lane.daily_cap is not None:
        used = lane.daily_cap - pace.conversations_left(lane, state, now)
        pairs.append(("Questions today", f"{int(used):,} of {lane.daily_cap:,}"))
    hours = [_hours(each) for each in lane.blackouts]
    if hours and parse_blackouts(lane.blackouts):
        pairs.append(("Not asked", "; ".join(hours)))
    if len(pairs) > 1:
        pairs.append(("Days and hours", f"by the clocks of {lane.timezone}"))
    return pairs


def period(seconds: float) -> str:
    """ "a minute", "in 90 s"."""
    known = dict(_PERIODS)
    return known.get(seconds) or f"in {moments.length(seconds)}"


def _hours(given: dict[str, Any]) -> str:
    days = [day for day in DAYS if day in (given.get("days") or DAYS)]
    named = "every day" if len(days) == len(DAYS) else ", ".join(day.capitalize() for day in days)
    return f"{given['from']} to {given['to']}, {named}"


def probe(view: LaneView, zone: tzinfo) -> str:
    """What the last test call said."""
    state = view.state
    if state.last_probe_at is None:
        return "Nobody has tried it yet"
    said = "well" if state.last_probe_ok else f"not well ({state.last_probe_code or 'no answer'})"
    return f"{when(state.last_probe_at, view.now, zone).capitalize()}: it went {said}"


def rows_links(lane: Connection) -> list[tuple[str, str, str]]:
    """Where its rows are listed: (word, icon, address); none for a lane without a payer."""
    if lane.payer is None:
        return []
    code = lane.payer.code
    return [
        ("In line", "schedule", tasks_address(payer=code, status=Status.PENDING)),
        ("At the payer", "hourglass_top", tasks_address(payer=code, status=Status.WAITING)),
        ("Failed", "error", tasks_address(payer=code, status=Status.FAILED)),
        ("Needs attention", "notification_important", address("worklist", payer=code)),
    ]
