"""Which lanes have work and may be asked, and how many rows each may take now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from eligibility import clock
from eligibility.choices import Priority
from eligibility.connectors.base import Secrets
from eligibility.engine import opened
from eligibility.engine.lane import breaker, pace, patience, states
from eligibility.engine.lane.held import held
from eligibility.engine.lane.standing import Standing, standings
from eligibility.engine.moves import Limits
from eligibility.models import Connection, LaneState

_IN_LINE = "t.status IN ('pending', 'waiting')"
_LOOKS = "t.status = 'waiting'"


@dataclass(frozen=True, slots=True)
class Lane:
    """A connection whose row and state this transaction has locked. Times are seconds.

    `due` holds the priorities that have due rows, the most urgent first. `free` is how many
    rows may be taken: its slots, its windows and a probe that goes alone considered. Of these
    `new` may begin conversations; when that is none, open conversations may still go on.
    `room` are the slots that no row of another worker has: as many calls this one may have open.
    With `may_run_ahead` it may hold more rows than that: nothing but the slots limits the lane.
    `now` is the database's clock. `reuses` says that answers which are fresh enough may stand for
    new questions (`engine.takeover`).
    """

    id: int
    connector: str
    base_url: str
    settings: str
    deadline: float
    limits: Limits
    free: int
    room: int
    may_run_ahead: bool
    secrets: Secrets
    due: tuple[Priority, ...]
    rules: Connection
    state: LaneState
    now: datetime
    new: float
    is_probing: bool
    reuses: bool


def _probes(rows: str = _IN_LINE) -> list[str]:
    """For each priority, whether a connection `c` has a due row of it: one index probe each.

    Not EXISTS, and in order: PostgreSQL must not be led to hash all due rows, nor to walk over
    the table until it meets one.
    """
    return [
        "(SELECT 1 FROM eligibility_eligibilitytask t WHERE t.connection_id = c.id"
        f" AND {rows} AND t.priority = {priority.value} AND t.run_at <= {clock.now()}"
        " ORDER BY t.run_at LIMIT 1) IS NOT NULL"
        for priority in Priority
    ]


def _has_due_rows(rows: str = _IN_LINE) -> str:
    """True for a connection `c` with a due row."""
    return "(" + " OR ".join(_probes(rows)) + ")"


def any_due() -> bool:
    """Whether some open lane has a due row and a free slot for it.

    A full lane needs nobody to be woken: who holds its rows claims the next ones. Lanes that
    are met closed are told to their clocks of held time.
    """
    has_free_slot = (
        "(SELECT count(*) FROM eligibility_eligibilitytask r"
        " WHERE r.connection_id = c.id AND r.status = 'running') < c.max_in_flight"
    )
    due = Connection.objects.raw(
        f"SELECT c.* FROM eligibility_connection c WHERE {_has_due_rows()} AND {has_free_slot}",
        [],
    )
    found = standings(due)
    _note_closed([each for each in found if each.held])
    return any(_may_go(each) for each in found)


def _may_go(standing: Standing) -> bool:
    if standing.held is None:
        return standing.in_flight < standing.slots
    return standing.held.looks_pass and _has_due_look(standing.lane.pk)


def _has_due_look(lane_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM eligibility_connection c WHERE c.id = %s AND {_has_due_rows(_LOOKS)}",
            [lane_id],
        )
        return cursor.fetchone() is not None


def _note_closed(closed: Collection[Standing]) -> None:
    """Tell the clocks of lanes that were closed without a word: rows wait for them now."""
    unknown = [each for each in closed if patience.follow(each.lane, each.state, each.now)]
    if not unknown:
        return
    with transaction.atomic():
        locked = states.lock([each.lane.pk for each in unknown])
        for each in unknown:
            state = locked[each.lane.pk]
            states.change(state, patience.follow(each.lane, state, each.now))


def lock_due(worker: str = "") -> list[Lane]:
    """Lock the lanes that have due rows and may be asked, and count what each may take.

    A lane that another worker holds is left out: that worker is claiming from it right now, or
    writes down what it learned. The state is read by a second statement, so that it sees what
    was committed before the lock was had. FOR NO KEY UPDATE does not wait for an intake that
    merely refers to the lane. `worker` is who asks.
    """
    lock = " FOR NO KEY UPDATE OF c SKIP LOCKED" if connection.vendor == "postgresql" else ""
    due = ", ".join(f"{each} AS due_{number}" for number, each in enumerate(_probes()))
    statement = (
        f"SELECT c.*, CAST(c.settings AS text) AS settings_text, {due}"
        f" FROM eligibility_connection c WHERE c.is_active AND {_has_due_rows()} ORDER BY c.id"
    )
    locked = {lane.pk: lane for lane in Connection.objects.raw(statement + lock, [])}
    if not locked:
        return []
    found = _lock_states(locked, worker)
    if (missing := locked.keys() - found.keys()) and states.ensure(missing):
        found |= _lock_states(missing, worker)
    open_lanes = (_if_open(locked[pk], found[pk]) for pk in locked if pk in found)
    return [lane for lane in open_lanes if lane is not None]


def _lock_states(lane_ids: Collection[int], worker: str) -> dict[int, Any]:
    """The lanes' states with the rows that are under way and what time it is."""
    lock = " FOR NO KEY UPDATE OF s SKIP LOCKED" if connection.vendor == "postgresql" else ""
    marks = ", ".join(["%s"] * len(lane_ids))
    running = (
        "(SELECT count(*) FROM eligibility_eligibilitytask r"
        " WHERE r.connection_id = s.connection_id AND r.status = 'running'"
    )
    found = LaneState.objects.raw(
        f"SELECT s.*, {clock.now()} AS clock, {running}) AS under_way,"
        f" {running} AND r.worker <> %s) AS elsewhere"
        f" FROM {states.STATE} s WHERE s.connection_id IN ({marks}){lock}",
        [worker, *lane_ids],
    )
    return {state.pk: state for state in found}


def _if_open(rules: Any, state: Any) -> Lane | None:
    """The lane as a claim may use it; None while it is held."""
    now = states.moment(state.clock)
    states.change(state, patience.follow(rules, state, now))
    found = held(rules, state, now)
    if found is not None and not found.looks_pass:
        return None
    return Lane(
        id=rules.pk,
        connector=rules.connector,
        base_url=rules.base_url,
        settings=rules.settings_text,
        deadline=rules.deadline,
        limits=Limits(
            rules.max_conversations,
            rules.give_up_after,
            rules.backoff_min,
            rules.backoff_max,
            rules.answer_within,
        ),
        free=_free(rules, state, now),
        room=pace.slots(rules, state, now) - state.elsewhere,
        may_run_ahead=found is None and _has_only_slots(rules, state, now),
        secrets=opened.secrets_of(rules.pk, rules.secrets_version),
        due=tuple(each for each in Priority if getattr(rules, f"due_{each.value}")),
        rules=rules,
        state=state,
        now=now,
        new=pace.conversations_left(rules, state, now),
        is_probing=breaker.wants_probe(state, now),
        reuses=bool(rules.freshness),
    )


def _free(rules: Connection, state: Any, now: datetime) -> int:
    slots = pace.slots(rules, state, now) - state.under_way
    alone = 1 if breaker.wants_probe(state, now) else slots
    return int(min(slots, alone, pace.calls_left(rules, state, now)))


def _has_only_slots(rules: Connection, state: Any, now: datetime) -> bool:
    """Whether nothing else limits the lane: no window, no cap, no trouble with the payer."""
    is_limited = bool(rules.rate_windows) or rules.daily_cap is not None
    return not is_limited and not breaker.wants_probe(state, now) and pace.speed(state, now) >= 1


def note_calls(lane: Lane, *, calls: int, conversations: int, probe: dict[str, Any]) -> None:
    """Write what calls have used up, and which is the probe; nothing for most lanes."""
    changes = pace.spent(lane.rules, lane.state, lane.now, calls=calls, conversations=conversations)
    changes |= probe
    if changes:
        states.apply(lane.state, changes)
        changes |= patience.follow(lane.rules, lane.state, lane.now)
        states.change(lane.state, changes)
