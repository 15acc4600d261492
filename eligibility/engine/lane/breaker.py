"""When a lane stops asking a payer that does not answer, and how it finds out that it does again.

Pure: each function says what changes in the lane's state. Only failures that count for the
breaker (`FAILURE_RULES`) are told to it. A healthy lane's answers are not written down; they
are handed in when a failure makes the question arise.

When the pause has ended one row goes ahead, as the probe. If it gets through, the breaker
closes and the lane runs at its full pace at once: its windows, its slots and the retry budget
bound what follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from eligibility.choices import BreakerState, Failure
from eligibility.models import Connection, LaneState

IN_A_ROW = 5
"""So many counted failures after each other open the breaker."""
LAST = 20
SHARE = 0.5
"""So do more than this share of the last 20 replies."""

Changes = dict[str, Any]


def after_failure(
    lane: Connection,
    state: LaneState,
    now: datetime,
    *,
    failure: Failure,
    answers: Sequence[datetime],
) -> Changes:
    """A counted failure was heard. `answers` are the times of the lane's newest answers.

    Replies to calls from before the breaker opened change nothing any more.
    """
    if state.breaker != BreakerState.CLOSED:
        return {}
    failures = [*state.failures, now.isoformat()][-LAST:]
    if not _opens(state, [datetime.fromisoformat(each) for each in failures], answers):
        return {"failures": failures}
    return _opened(now, lane.breaker_min, failure)


def _opens(state: LaneState, failures: Sequence[datetime], answers: Sequence[datetime]) -> bool:
    heard = [at for at in answers if state.judged_from is None or at > state.judged_from]
    replies = sorted([(at, False) for at in failures] + [(at, True) for at in heard])[-LAST:]
    newest = [is_answer for _, is_answer in replies]
    if len(newest) >= IN_A_ROW and not any(newest[-IN_A_ROW:]):
        return True
    return len(newest) == LAST and newest.count(False) > LAST * SHARE


def _opened(now: datetime, pause: float, failure: Failure | str) -> Changes:
    return {
        "breaker": BreakerState.OPEN.value,
        "opened_at": now,
        "opened_by": str(failure),
        "open_until": now + timedelta(seconds=pause),
        "pause": pause,
        "failures": [],
        "probe_task_id": None,
    }


def wants_probe(state: LaneState, now: datetime) -> bool:
    """Whether the next row goes ahead alone: the pause is over, or an earlier probe got lost."""
    return state.open_until is not None and now >= state.open_until


def probe_sent(state: LaneState, now: datetime, *, task_id: UUID, lease: float) -> Changes:
    """This row is the probe, the only one. It is taken for lost when its lease has ended."""
    return {
        "breaker": BreakerState.HALF_OPEN.value,
        "open_until": now + timedelta(seconds=lease),
        "probe_task_id": task_id,
    }


def is_probe(state: LaneState, task_id: UUID) -> bool:
    """Whether this row's reply decides."""
    return state.breaker == BreakerState.HALF_OPEN and state.probe_task_id == task_id


def closed(now: datetime) -> Changes:
    """The payer was heard again, or somebody trusts it: what was before no longer counts."""
    return {
        "breaker": BreakerState.CLOSED.value,
        "open_until": None,
        "pause": 0.0,
        "failures": [],
        "judged_from": now,
        "probe_task_id": None,
    }


def opened_longer(
    lane: Connection, state: LaneState, now: datetime, *, failure: Failure | str
) -> Changes:
    """The probe failed: the next one comes after a pause twice as long."""
    pause = min(max(state.pause * 2, lane.breaker_min), lane.breaker_max)
    return _opened(now, pause, failure)


def probe_unheard(now: datetime) -> Changes:
    """The probe never left, so nothing was learned: the next row is the probe, at once."""
    return {"breaker": BreakerState.OPEN.value, "open_until": now, "probe_task_id": None}
