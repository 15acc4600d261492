"""What a lane learns from the replies of a group, before their moves are written.

Answers teach a healthy lane nothing and cost nothing: a lane is looked at when something in
its group failed, or when its probe came back. What the failure means is then seen against the
lane's newest answers, which the rows themselves remember.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection

from eligibility import clock
from eligibility.choices import FAILURE_RULES, Failure, Status
from eligibility.connectors.base import Done, Failed
from eligibility.engine.attempts import Finished
from eligibility.engine.lane import breaker, budget, login, patience, states, throttle
from eligibility.engine.moves import decide
from eligibility.engine.rows import TASK
from eligibility.models import Connection, LaneState
from portal import audit
from portal.models import Verb

NEWEST = 200
_A_MOMENT = timedelta(microseconds=1)
log = structlog.get_logger(__name__)


def learn(group: Sequence[Finished]) -> None:
    """Note what these replies say about their lanes; may put a row's repeat off.

    In the order in which the replies were heard. Must run inside a transaction; lanes are
    locked in the order of their ids.
    """
    telling = sorted({item.row.lane.id for item in group if _tells(item)})
    if not telling:
        return
    locked = states.lock(telling)
    now = _now()
    for pk in telling:
        items = [item for item in group if item.row.lane.id == pk and item.row.attempt_id]
        _Lesson(items[0].row.lane.rules, locked[pk], now).take(items)


def _tells(item: Finished) -> bool:
    if item.row.attempt_id is None:  # never called: it says nothing about the payer
        return False
    return item.row.is_probe or isinstance(item.reply, Failed) or _is_repeated(item)


def _is_repeated(item: Finished) -> bool:
    """Whether the row goes back to the line for one more conversation."""
    return item.move.status is Status.PENDING


class _Lesson:
    """One lane, its locked state and what changes there."""

    def __init__(self, lane: Connection, state: LaneState, now: datetime) -> None:
        self._lane = lane
        self._state = state
        self._now = now
        self._answers: list[datetime] | None = None
        self._heard: list[datetime] = []
        self._changes: dict[str, Any] = {}

    def take(self, items: Sequence[Finished]) -> None:
        """Hear the replies one after the other, and write what changed."""
        was_locked = self._state.credential_locked_at is not None
        for item in items:
            self._hear(item)
            self._now += _A_MOMENT
        if not self._changes:
            return
        self._change(patience.follow(self._lane, self._state, self._now))
        states.change(self._state, self._changes)
        if self._state.credential_locked_at is not None and not was_locked:
            log.error("credential_locked", connection=self._lane.pk)
            audit.record(verb=Verb.LOCKED, actor=audit.SYSTEM, obj=self._lane)

    def _change(self, changes: dict[str, Any]) -> None:
        states.apply(self._state, changes)
        self._changes |= changes

    def _hear(self, item: Finished) -> None:
        if isinstance(item.reply, Done):
            self._heard.insert(0, self._now)
        if breaker.is_probe(self._state, item.row.task_id):
            self._judge_probe(item)
        elif isinstance(item.reply, Failed) and _was_sent(item):
            self._hear_failure(item.reply.failure)
        if isinstance(item.reply, Failed) and _was_sent(item):
            self._hear_wish(item.reply)
        if _is_repeated(item):
            self._pay_for(item)

    def _judge_probe(self, item: Finished) -> None:
        reply = item.reply
        if not _was_sent(item) or _is_ours(reply):
            self._change(breaker.probe_unheard(self._now))
        elif isinstance(reply, Failed) and FAILURE_RULES[reply.failure].counts_for_breaker:
            longer = breaker.opened_longer(
                self._lane, self._state, self._now, failure=reply.failure
            )
            self._change(longer)
            if reply.failure is Failure.PAYER_UNAVAILABLE:
                _spare(item)
        else:
            self._change(breaker.closed(self._now))

    def _hear_failure(self, failure: Failure) -> None:
        if FAILURE_RULES[failure].counts_for_breaker:
            answers = self._newest_answers()
            self._change(
                breaker.after_failure(
                    self._lane, self._state, self._now, failure=failure, answers=answers
                )
            )

    def _hear_wish(self, reply: Failed) -> None:
        if reply.failure is Failure.CREDENTIALS:
            answers = self._newest_answers()
            self._change(login.after_refusal(self._state, self._now, answers=answers))
        elif reply.failure is Failure.THROTTLED:
            self._change(
                throttle.after_throttling(
                    self._lane, self._state, self._now, wish=reply.retry_after
                )
            )

    def _pay_for(self, item: Finished) -> None:
        """One more conversation: not before the lane's budget has room for it."""
        wait, free_at = budget.repeat_in(
            self._state.retry_free_at, self._now, answers=self._newest_answers()
        )
        self._change({"retry_free_at": free_at})
        wait = min(wait, self._lane.give_up_after)
        item.move = replace(item.move, after=max(item.move.after or 0.0, wait))

    def _newest_answers(self) -> list[datetime]:
        """Of this group and before it, the newest first."""
        if self._answers is None:
            self._answers = newest_answers(self._lane.pk)
        return self._heard + self._answers


def _was_sent(item: Finished) -> bool:
    """Whether the call left: a process that was stopped for long sends it no more."""
    return not (isinstance(item.reply, Failed) and item.reply.code == "not_sent")


def _is_ours(reply: object) -> bool:
    return isinstance(reply, Failed) and reply.failure is Failure.INTERNAL


def _spare(item: Finished) -> None:
    """A row that went ahead to an absent payer does not pay for it with its own tries."""
    row = item.row
    move = decide(
        item.reply,
        look=row.look,
        failed=-1,  # as if this conversation had not been
        age=row.age,
        limits=row.limits,
        jitter=random.random(),
        earlier=row.earlier,
    )
    item.move = replace(move, counted=False)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {clock.now()}", [])
        return states.moment(cursor.fetchone()[0])


def newest_answers(lane_id: int) -> list[datetime]:
    """When the lane's newest answers came, the newest first; those that were asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT finished_at FROM (SELECT finished_at, outcome, asked_at"
            f" FROM {TASK} WHERE connection_id = %s AND status IN ('done', 'failed')"
            f" ORDER BY finished_at DESC LIMIT {NEWEST}) AS newest"
            " WHERE outcome <> '' AND asked_at IS NOT NULL ORDER BY finished_at DESC",
            [lane_id],
        )
        return [states.moment(row[0]) for row in cursor.fetchall()]
