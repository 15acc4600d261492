"""A drain: one job that works off the due rows of all lanes until its time box is over.

The job's own thread holds the only database connection and does all SQL; the conversations
run in the runner's thread. One slow payer never blocks another: rows are claimed again as
soon as slots are free, five times a second at least.
"""

from __future__ import annotations

import queue
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from eligibility.choices import Failure, Look
from eligibility.connectors.base import Failed, Reply
from eligibility.engine import claim as claims
from eligibility.engine.attempts import Finished
from eligibility.engine.finish import finish
from eligibility.engine.moves import decide
from eligibility.engine.replies import usable
from eligibility.engine.runner import Answered, Runner, settings_of
from portal.pii import where_it_failed

CLAIM_EVERY = 0.2
GATHER_FOR = 0.004
MOST_AT_ONCE = 400
TIME_BOX = 20.0
"""Seconds after which a drain ends as soon as it waits for nobody."""
LONGEST = 300.0
"""Seconds after which it claims nothing more, whomever it waits for."""
WRITE_FOR = 20.0
"""Seconds that answers are held in hand while the database is away."""

log = structlog.get_logger(__name__)


class Drain:
    """Works off due rows.

    `beat` is called about once a second; when it returns False the drain claims no more. When
    the time box is over it leaves the lanes alone whose answers it still waits for, so that it
    comes to an end; the others are served until then, for all drains may be waiting for slow
    payers at the same time.
    """

    def __init__(
        self,
        *,
        worker: str,
        synthetic_url: str,
        beat: Callable[[], bool] = lambda: True,
        time_box: float = TIME_BOX,
    ) -> None:
        self._worker = worker
        self._runner = Runner(synthetic_url=synthetic_url)
        self._beat = beat
        self._is_ours = True
        self._ends_at = time.monotonic() + time_box
        self._last_claim_at = time.monotonic() + LONGEST
        self._claimed_at = 0.0
        self._leases_end_at = 0.0
        self._next_claim = 0.0
        self._next_beat = 0.0
        self._in_flight: Counter[int] = Counter()

    def run(self) -> int:
        """Drain until nothing is due or the time box is over. Returns how many rows were moved."""
        moved = 0
        try:
            while True:
                answered = self._gather()
                self._in_flight -= Counter(item.row.lane.id for item in answered)
                claimed, finished = self._write(answered)
                moved += finished
                self._in_flight += Counter(row.lane.id for row in claimed)
                self._runner.start(claimed, self._claimed_at)
                self._note_leases(claimed)
                if self._is_waiting_in_vain():
                    log.error("calls_never_ended", rows=self._in_flight.total())
                    return moved
                if not self._in_flight and not (finished and self._may_claim()):
                    return moved
        finally:
            self._runner.close()

    def _note_leases(self, claimed: Sequence[claims.Claimed]) -> None:
        lanes = {row.lane.id: row.lane for row in claimed}.values()
        ends = [self._claimed_at + lane.deadline + claims.LEASE_MARGIN for lane in lanes]
        self._leases_end_at = max([self._leases_end_at, *ends])

    def _is_waiting_in_vain(self) -> bool:
        """Whether every lease has ended: the rows are no longer ours, whatever became of them."""
        return bool(self._in_flight) and time.monotonic() > self._leases_end_at

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def _may_claim(self) -> bool:
        if not self._is_ours or time.monotonic() >= self._last_claim_at:
            return False
        return bool(self._in_flight) or not self._is_over()

    def _gather(self) -> list[Answered]:
        """The replies that are there: wait for a first one, then a moment for its neighbours."""
        if not self._in_flight:
            return []
        answered: list[Answered] = []
        patience = self._next_claim - time.monotonic() if self._may_claim() else CLAIM_EVERY
        try:
            answered.append(self._runner.replies.get(timeout=max(patience, 0.001)))
            until = time.monotonic() + GATHER_FOR
            while len(answered) < MOST_AT_ONCE:
                left = max(until - time.monotonic(), 0.0)
                answered.append(self._runner.replies.get(timeout=left))
        except queue.Empty:
            pass
        return answered

    def _write(self, answered: Sequence[Answered]) -> tuple[list[claims.Claimed], int]:
        """Write what came in and take what is due, in one transaction.

        After a deadlock or an outage of the database the same is tried again, for a while.
        """
        finished = [self._finished(item) for item in answered]
        if not finished and not self._is_time():
            return [], 0
        gives_up_at, pause = time.monotonic() + WRITE_FOR, 0.02
        while True:
            try:
                with transaction.atomic():
                    return self._write_once(finished)
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() > gives_up_at:
                    raise
                log.warning("write_again", rows=len(finished), where=where_it_failed(error))
                connection.close_if_unusable_or_obsolete()
                time.sleep(pause * (0.5 + random.random()))
                pause = min(pause * 2, 1.0)

    def _is_time(self) -> bool:
        """Whether there is something to write though nothing was answered."""
        now = time.monotonic()
        return now >= self._next_beat or (self._may_claim() and now >= self._next_claim)

    def _write_once(self, finished: list[Finished]) -> tuple[list[claims.Claimed], int]:
        moved = finish(finished)
        now = time.monotonic()
        if now >= self._next_beat:
            self._is_ours = self._beat()
            self._next_beat = now + 1.0
        if not self._may_claim() or (not finished and now < self._next_claim):
            return [], moved
        # Before the claim: the leases run from then on, however long the writing takes.
        self._claimed_at = time.monotonic()
        awaited = frozenset(self._in_flight) if self._is_over() else frozenset[int]()
        claimed = claims.claim(self._worker, most=MOST_AT_ONCE, leave_out=awaited)
        unsendable = self._check(claimed)
        sendable = [row for row in claimed if row.task_id not in unsendable]
        talking = [item.row for item in unsendable.values() if item.row.look is not Look.NONE]
        claims.write_intents(sendable + talking, self._worker)
        moved += finish(list(unsendable.values()))
        self._next_claim = 0.0 if unsendable else time.monotonic() + CLAIM_EVERY
        return sendable, moved

    def _check(self, claimed: Sequence[claims.Claimed]) -> dict[UUID, Finished]:
        """The rows that cannot possibly be sent, failed without a call."""
        unsendable: dict[UUID, Finished] = {}
        for row in claimed:
            reply = _offline_failure(row)
            if reply is not None:
                unsendable[row.task_id] = self._finished(Answered(row, reply, 0))
        return unsendable

    def _finished(self, item: Answered) -> Finished:
        row = item.row
        reply = usable(item.reply, row.look)
        move = decide(
            reply,
            look=row.look,
            failed=row.failed,
            age=row.age + item.milliseconds / 1000,
            limits=row.limits,
            jitter=random.random(),
            earlier=row.earlier,
        )
        return Finished(row=row, reply=reply, move=move)


def _offline_failure(row: claims.Claimed) -> Reply | None:
    """Why the row cannot be sent at all. One that has been sent is only asked about."""
    try:
        connector, settings = settings_of(row.lane.connector, row.lane.settings)
    except (LookupError, ValueError):
        return Failed(
            Failure.INTERNAL, "connection", "The connection's connector or settings are not valid."
        )
    if row.look is not Look.NONE:
        return None
    try:
        problem = connector.check(row.query, settings)
    except Exception as error:  # noqa: BLE001 (a connector may fail in any way)
        log.error("check_failed", task=str(row.task_id), error=type(error).__name__)
        return Failed(Failure.INTERNAL, type(error).__name__, "The row could not be checked.")
    return None if problem is None else Failed(Failure.INPUT_INVALID, "check", problem)
