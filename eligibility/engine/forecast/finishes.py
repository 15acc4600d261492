"""When lanes and batches will be finished, from the measured pace of the lanes.

A lane is bounded by its pace, its rate windows, daily cap and blackout hours, and by what holds
it; a batch shares its lanes with others. Where somebody has to open a lane first, nobody knows
when: then there is no forecast but the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from eligibility.choices import HeldReason, Priority
from eligibility.engine.forecast.lines import Lines, Share, due_lines, name_of, shares
from eligibility.engine.forecast.openings import Terms, Window
from eligibility.engine.forecast.reckoning import through
from eligibility.engine.forecast.sharing import Claimant, Line
from eligibility.engine.lane import hours, pace
from eligibility.engine.lane.depth import Depth
from eligibility.engine.lane.held import Held, held
from eligibility.engine.lane.measured import Pace
from eligibility.engine.lane.recent import paces
from eligibility.lane_limits import parse_windows
from eligibility.models import Batch, Connection, LaneState

ROUND_TO = timedelta(minutes=5)
_COUNTED_APART = frozenset({HeldReason.RATE, HeldReason.DAILY_CAP, HeldReason.BLACKOUT})
"""What a lane's terms know by themselves: it bounds the lane later, too."""


@dataclass(frozen=True, slots=True)
class Finish:
    """When work will be done. Nobody knows when `at` is None: `lane` is why, held or too slow."""

    at: datetime | None
    lane: Connection | None = None
    held: Held | None = None

    @property
    def why_unknown(self) -> str:
        """Why nobody knows, as a sentence; empty when somebody does."""
        if self.at is not None:
            return ""
        return self.held.words if self.held else "It would take more than a year."


def state_of(lane: Connection) -> LaneState:
    """The lane's state as it was read with it (`select_related`); a fresh one if it has none."""
    return getattr(lane, "lane_state", None) or LaneState(connection=lane)


def terms_of(lane: Connection, state: LaneState, measured: Pace, *, now: datetime) -> Terms:
    """All that bounds this lane's work from now on."""
    stop = held(lane, state, now)
    if stop is not None and stop.reason in _COUNTED_APART:
        stop = None
    left = pace.tokens(lane, state, now)
    terms = Terms(
        pace=measured,
        zone=lane.zone,
        closed=stop.words if stop and stop.until is None else "",
        opens_at=_opens_at(stop, state),
        windows=[
            Window(pace.refill(window), saved=left[window.key])
            for window in parse_windows(lane.rate_windows)
        ],
        a_day=lane.daily_cap,
        left_today=pace.conversations_left(lane, state, now),
    )
    return replace(terms, blackouts=partial(hours.spans, lane)) if lane.blackouts else terms


def _opens_at(stop: Held | None, state: LaneState) -> datetime | None:
    """When the last of what holds the lane ends: behind the first reason another may stand."""
    if stop is None or stop.until is None:
        return None
    ends = (stop.until, state.open_until, state.throttled_until)
    return max(end for end in ends if end is not None)


def lane_finish(
    lane: Connection, state: LaneState, depth: Depth, measured: Pace, *, now: datetime
) -> Finish:
    """When the lane will have answered the rows that are due now, or wait for the payer."""
    everybody = Claimant(Priority.NORMAL, "", "")
    at = through(
        {everybody: Line(depth.due, depth.waiting)},
        [everybody],
        terms_of(lane, state, measured, now=now),
        now=now,
        last_asked=depth.last_asked_at,
    )
    return Finish(at) if at else Finish(None, lane, held(lane, state, now))


def batch_finishes(
    batches: Sequence[Batch], *, now: datetime, known: Iterable[Connection] = ()
) -> dict[UUID, Finish]:
    """When each of these batches will be finished; five statements, however many there are.

    A batch that has nothing in any lane is finished now. `known` are lanes that have been read
    already, with their states.
    """
    theirs = shares([batch.pk for batch in batches])
    wanted = {pk for lanes in theirs.values() for pk in lanes}
    lanes = {lane.pk: lane for lane in known if lane.pk in wanted}
    if missing := wanted - lanes.keys():
        found = Connection.objects.filter(pk__in=missing).select_related("lane_state", "payer")
        lanes |= {lane.pk: lane for lane in found}
    measured, lines = paces(list(lanes.values())), due_lines(list(lanes), until=now)
    terms = {
        pk: terms_of(lane, state_of(lane), measured[pk], now=now) for pk, lane in lanes.items()
    }
    finishes = {}
    for batch in batches:
        ends = _ends(batch, theirs[batch.pk], lines, terms, now=now, start=now)
        unknown = next((lanes[pk] for pk, end in ends.items() if end is None), None)
        finishes[batch.pk] = (
            Finish(None, unknown, held(unknown, state_of(unknown), now))
            if unknown
            else Finish(max([now, *(end for end in ends.values() if end)]))
        )
    return finishes


def batch_finish(batch: Batch, *, connections: Iterable[Connection], now: datetime) -> datetime:
    """When the slowest lane will have answered a batch's last row, rounded up to 5 minutes.

    In the clinic's zone, and never before the batch's start. A lane that somebody has to open
    is taken for open by then, since what the API answers has to name a moment; so is one whose
    end is not in sight.
    """
    start = max(batch.scheduled_for or now, now)
    mine = shares([batch.pk])[batch.pk]
    lanes = {lane.pk: lane for lane in connections if lane.pk in mine}
    states = LaneState.objects.in_bulk(list(lanes)) if lanes else {}
    measured, lines = paces(list(lanes.values())), due_lines(list(lanes), until=start)
    terms = {}
    for pk, lane in lanes.items():
        state = states.get(pk) or LaneState(connection=lane)
        terms[pk] = replace(terms_of(lane, state, measured[pk], now=now), closed="")
    of_lanes = {pk: mine[pk] for pk in lanes}
    ends = _ends(batch, of_lanes, lines, terms, now=now, start=start)
    finish = max([start, *(end for end in ends.values() if end)])
    return round_up(finish).astimezone(batch.clinic.zone)


def _ends(
    batch: Batch,
    mine: Mapping[int, Share],
    lines: Mapping[int, Lines],
    terms: Mapping[int, Terms],
    *,
    now: datetime,
    start: datetime,
) -> dict[int, datetime | None]:
    """When each lane will have answered the batch's last row in it."""
    ends = {}
    for pk, share in mine.items():
        everybody, claimants = _with_all_of(batch, share, lines[pk])
        ends[pk] = through(
            everybody,
            claimants,
            terms[pk],
            now=now,
            start=start,
            last_due=share.last_due,
            last_asked=share.last_asked,
        )
    return ends


def _with_all_of(batch: Batch, share: Share, lines: Lines) -> tuple[Lines, list[Claimant]]:
    """The lane's due rows with all that the batch has in it, and which of them are the batch's.

    What is due later stands behind the batch's other rows, what is in a worker's hands counts as
    a row; paths of searches stand with the clinic's rows without a batch.
    """
    clinic, name = name_of(batch.clinic_id), name_of(batch.pk)
    every, mine = dict(lines), [each for each in lines if each.batch == name]
    last = max(mine, default=Claimant(Priority.NORMAL, clinic, name))
    unasked = share.line.unasked - sum(lines[each].unasked for each in mine if each != last)
    waiting = share.line.waiting - sum(lines[each].waiting for each in mine if each != last)
    every[last] = Line(max(unasked, 0), max(waiting, 0) + share.running)
    if share.paths:
        others = Claimant(Priority.NORMAL, clinic, clinic)
        known = lines.get(others, Line())
        every[others] = Line(max(known.unasked, share.paths), known.waiting)
        mine = [*mine, others]
    return every, [*mine, last]


def round_up(moment: datetime) -> datetime:
    """The next full five minutes; a moment that is one already stays."""
    overshoot = timedelta(
        minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond
    )
    return moment if not overshoot else moment - overshoot + ROUND_TO
