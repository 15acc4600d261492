"""A drain: one job that works off the due rows of all lanes until its time box is over.

The job's own thread holds the only database connection and does all SQL; the conversations
run in the runner's thread. One slow payer never blocks another: rows are claimed again as
soon as slots are free, five times a second at least.
"""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from eligibility.choices import Look
from eligibility.connectors.base import Pending
from eligibility.engine import attempts, intents, leases, suspects
from eligibility.engine import claim as claims
from eligibility.engine.ahead import Ahead
from eligibility.engine.attempts import Finished
from eligibility.engine.blackbox import CHECKING, BlackBox, packed
from eligibility.engine.finish import finish
from eligibility.engine.journal import Journal
from eligibility.engine.looks import Habits
from eligibility.engine.moves import decide
from eligibility.engine.offline import offline_failure
from eligibility.engine.replies import usable
from eligibility.engine.rows import Hold
from eligibility.engine.runner import Answered, Runner
from eligibility.engine.takeover import take_over
from portal.pii import where_it_failed

CLAIM_EVERY = 0.2
GATHER_FOR = 0.004
ENOUGH = 32
"""Replies that are worth writing at once; only fewer wait a moment for their neighbours."""
MOST_AT_ONCE = 400
TIME_BOX = 20.0
"""Seconds after which a drain ends as soon as it waits for nobody."""
LONGEST = 300.0
"""Seconds after which it claims nothing more, whomever it waits for."""
LOOKS_IN_VAIN = 10
"""How often a drain must have looked for answers, 0.2 s at a time, after its leases ended."""
WRITE_FOR = 20.0
"""Seconds that answers are held in hand while the database is away."""

log = structlog.get_logger(__name__)


class Drain:
    """Works off due rows.

    `beat` is called about once a second; when it returns False the drain claims no more. When
    the time box is over it leaves the lanes alone whose answers it still waits for, so that it
    comes to an end; the others are served until then, for all drains may be waiting for slow
    payers at the same time.

    A drain that `tries_suspects` asks the rows first that were in a worker's hands when it died,
    a group at a time and nothing beside it (`engine.suspects`); the others leave them places.

    `is_spent` says afterwards that the process must not go on: a conversation holds its event
    loop or has used up its memory. The rows have been given back by then, and the one at fault,
    if it is known, with one crash more. `journal` says what it did.
    """

    def __init__(
        self,
        *,
        worker: str,
        synthetic_url: str,
        beat: Callable[[], bool] = lambda: True,
        time_box: float = TIME_BOX,
        tries_suspects: bool = True,
    ) -> None:
        self._worker = worker
        self._runner = Runner(synthetic_url=synthetic_url)
        self._beat = beat
        self._is_ours = True
        self._ends_at = time.monotonic() + time_box
        self._last_claim_at = time.monotonic() + LONGEST
        self._claimed_at = 0.0
        self._leases_end_at = 0.0
        self._looks_in_vain = 0
        self._next_claim = 0.0
        self._next_beat = 0.0
        self._in_flight: dict[Hold, claims.Claimed] = {}
        self._may_try = self._is_trying = tries_suspects
        self._turn_ends_at = time.monotonic() + suspects.TRIALS_FOR
        self._kept_free: dict[int, int] = {}
        self._ahead = Ahead()
        self._habits = Habits()
        self._box = BlackBox(CHECKING)
        self.is_spent = False
        self.journal = Journal()

    def run(self) -> int:
        """Drain until nothing is due or the time box is over. Returns how many rows were moved."""
        moved = 0
        try:
            while True:
                answered = self._gather()
                for item in answered:
                    self._in_flight.pop((item.row.task_id, item.row.fence), None)
                self._ahead.note((item.row.lane.id, item.answered_in) for item in answered)
                claimed, finished = self._write(answered)
                moved += finished
                self._in_flight |= {(row.task_id, row.fence): row for row in claimed}
                self._runner.start(claimed, self._claimed_at)
                self._note_leases(claimed)
                if self._is_held_up():
                    return moved
                if not self._in_flight and not (finished and self._may_claim()):
                    return moved
        finally:
            self.is_spent |= not self._runner.close(wait=not self.is_spent)

    def _is_held_up(self) -> bool:
        """Whether no answer will come any more. The rows are given back, those at fault blamed."""
        held = list(self._in_flight)
        if not held:
            return False
        if self._runner.is_stuck():
            culprit = self._runner.culprit()
            blamed = [(culprit.task_id, culprit.fence)] if culprit else held
            self.is_spent = True
        elif self._is_waiting_in_vain():
            blamed = held
        else:
            return False
        log.error("calls_never_ended", rows=len(held), blamed=len(blamed))
        leases.blame(blamed, "its call never ended")
        leases.release(
            [hold for hold in held if hold not in blamed], "its worker was held up by another row"
        )
        return True

    def _note_leases(self, claimed: Sequence[claims.Claimed]) -> None:
        lanes = {row.lane.id: row.lane for row in claimed}.values()
        ends = [self._claimed_at + lane.deadline + claims.LEASE_MARGIN for lane in lanes]
        self._leases_end_at = max([self._leases_end_at, *ends])

    def _is_waiting_in_vain(self) -> bool:
        """Whether every lease has ended: the rows are no longer ours, whatever became of them.

        After a while of looking: when this process was stopped and goes on, its calls end by
        their own deadlines in the first moments, and no row is at fault.
        """
        if time.monotonic() <= self._leases_end_at:
            self._looks_in_vain = 0
            return False
        self._looks_in_vain += 1
        return self._looks_in_vain > LOOKS_IN_VAIN

    def _is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def _may_claim(self) -> bool:
        if not self._is_ours or self.is_spent or time.monotonic() >= self._last_claim_at:
            return False
        if self._in_flight and self._runner.is_late():
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
            if self._runner.replies.qsize() < ENOUGH:
                # Asleep, not at the queue: each reply would wake us and stop the conversations.
                time.sleep(GATHER_FOR)
            while len(answered) < MOST_AT_ONCE:
                answered.append(self._runner.replies.get_nowait())
        except queue.Empty:
            pass
        return answered

    def _write(self, answered: Sequence[Answered]) -> tuple[list[claims.Claimed], int]:
        """Write what came in and take what is due, in one transaction.

        After a deadlock or an outage of the database the same is tried again, for a while.
        """
        broken = [item for item in answered if item.broke]
        unsent = [(item.row.task_id, item.row.fence) for item in answered if not item.was_sent]
        finished = [self._finished(item) for item in answered if item.was_sent and not item.broke]
        if not answered and not self._is_time():
            return [], 0
        if broken:
            # Whoever is left may still be answered, but memory is short: nobody joins them.
            self.is_spent = True
        gives_up_at, pause = time.monotonic() + WRITE_FOR, 0.02
        while True:
            try:
                with transaction.atomic():
                    for item in broken:
                        leases.blame([(item.row.task_id, item.row.fence)], item.broke)
                    leases.release(unsent, "its turn to be asked did not come")
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
        self.journal.finish(finished)
        now = time.monotonic()
        if now >= self._next_beat:
            self._is_ours = self._beat()
            self._next_beat = now + 1.0
            self._look_for_suspects(now)
        if not self._may_claim() or (not finished and now < self._next_claim):
            return [], moved
        # Before the claim: the leases run from then on, however long the writing takes.
        self._claimed_at = time.monotonic()
        taken = self._claim()
        claimed = take_over(taken)
        self.journal.take(taken, claimed)
        reused = len(taken) - len(claimed)
        moved += reused
        unsendable = self._check(claimed)
        sendable = [row for row in claimed if row.task_id not in unsendable]
        talking = [item.row for item in unsendable.values() if item.row.look is not Look.NONE]
        intents.write_intents(sendable + talking, self._worker)
        moved += finish(failed := list(unsendable.values()))
        self.journal.finish(failed)
        self._next_claim = 0.0 if unsendable or reused else time.monotonic() + CLAIM_EVERY
        return sendable, moved

    def _claim(self) -> list[claims.Claimed]:
        """The next rows: a group of suspects alone, as long as it is their turn, or any."""
        if self._is_trying:
            if self._in_flight:
                return []
            self._is_trying = time.monotonic() < self._turn_ends_at
            if self._is_trying and (group := claims.claim_suspects(self._worker)):
                return group
            self._is_trying = False
            self._turn_ends_at = time.monotonic() + suspects.TRIALS_FOR
        awaited = {row.lane.id for row in self._in_flight.values()} if self._is_over() else ()
        return claims.claim(
            self._worker,
            most=MOST_AT_ONCE,
            leave_out=frozenset(awaited),
            kept_free=self._kept_free,
            ahead=self._ahead,
        )

    def _look_for_suspects(self, now: float) -> None:
        """Leave them places; where they are tried, come to an end so that they get their turn."""
        found = suspects.due()
        self._kept_free = suspects.places(found)
        if found and self._may_try and not self._is_trying and now >= self._turn_ends_at:
            self._ends_at = min(self._ends_at, now)

    def _check(self, claimed: Sequence[claims.Claimed]) -> dict[UUID, Finished]:
        """The rows that cannot possibly be sent, failed without a call."""
        unsendable: dict[UUID, Finished] = {}
        for row in claimed:
            # Nobody holds the row yet, should it kill us here: the box says which it was.
            self._box.note(packed(row.task_id, row.fence))
            reply = offline_failure(row)
            self._box.clear()
            if reply is not None:
                unsendable[row.task_id] = self._finished(Answered(row, reply, 0))
        return unsendable

    def _finished(self, item: Answered) -> Finished:
        row = item.row
        reply = usable(item.reply, row.look)
        passed = item.milliseconds / 1000
        move = decide(
            reply,
            look=row.look,
            failed=row.failed,
            age=row.age + passed,
            limits=row.limits,
            jitter=random.random(),
            earlier=row.earlier,
            asked=row.asked + passed,
            alike=attempts.failed_alike(row, reply),
            usual=self._habits.usual(row.lane.id) if isinstance(reply, Pending) else None,
        )
        return Finished(row=row, reply=reply, move=move)
