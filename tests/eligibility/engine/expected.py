"""What the engine must make of a row, in plain Python: no database, no clock, no payer.

The state machine does everything twice, here and in the engine, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eligibility.choices import FINAL, Failure, Look, Status
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Reply

MOST_CONVERSATIONS = 3
MOST_BAD_RESPONSES = 2
MOST_CRASHES = 3
TRIED_AGAIN = {
    Failure.THROTTLED,
    Failure.PAYER_UNAVAILABLE,
    Failure.TIMEOUT,
    Failure.BAD_RESPONSE,
}


@dataclass
class Conversation:
    """One attempt: how it stands, and the first answer that was heard in it."""

    state: str = "open"
    answer: str = ""


@dataclass
class Row:
    """One row. `due` says that its time has come, `parked` that its batch is paused."""

    batch: Any
    status: Status = Status.PENDING
    look: Look = Look.NONE
    outcome: str = ""
    failure: str = ""
    fence: int = 0
    worker: str = ""
    failed: int = 0
    crashes: int = 0
    revisions: int = 0
    version: int = 1
    due: bool = True
    parked: bool = False
    talks: list[Conversation] = field(default_factory=list)

    @property
    def can_be_claimed(self) -> bool:
        """Whether a worker may take it now."""
        return self.status in (Status.PENDING, Status.WAITING) and self.due and not self.parked

    def claimed(self, worker: str) -> int:
        """A worker takes it. Returns the number of the conversation."""
        self.status, self.worker, self.fence = Status.RUNNING, worker, self.fence + 1
        if self.look is Look.NONE:
            for talk in self.talks:
                talk.state = "failed" if talk.state == "open" else talk.state
            self.talks.append(Conversation())
        return len(self.talks)

    def heard(self, number: int, fence: int, reply: Reply, *, paused: bool) -> bool:
        """A reply to a call of that conversation, made under that fence. True: it moved the row."""
        talk = self.talks[number - 1]
        is_ours = self.status is Status.RUNNING and self.fence == fence
        if is_ours:
            self._move(talk, reply, paused=paused)
        elif self.status in FINAL and talk.state == "open" and not self._goes_on(reply):
            talk.state = "answered" if isinstance(reply, Done) else "failed"
        if isinstance(reply, Done):
            talk.answer = talk.answer or reply.outcome.value
        return is_ours

    def _goes_on(self, reply: Reply) -> bool:
        """Whether a late reply leaves its conversation open: all but an end of it do."""
        return isinstance(reply, Pending) or (
            isinstance(reply, Failed)
            and reply.failure in TRIED_AGAIN
            and (reply.failure is Failure.TIMEOUT or reply.fate_unknown)
        )

    def _move(self, talk: Conversation, reply: Reply, *, paused: bool) -> None:
        self.version, self.worker = self.version + 1, ""
        match reply:
            case Done():
                self._end(Status.DONE, outcome=talk.answer or reply.outcome.value)
                talk.state = "answered"
            case Pending():
                self.status, self.look, self.due = Status.WAITING, Look.POLL, False
            case NotDelivered() if self.failed >= MOST_CONVERSATIONS:
                self._fail(talk, Failure.TIMEOUT)
            case NotDelivered():
                self._back(talk, due=True, paused=paused)
            case Failed():
                self.failed += 1
                self._after_failure(talk, reply, paused=paused)

    def _after_failure(self, talk: Conversation, reply: Failed, *, paused: bool) -> None:
        bad = reply.failure is Failure.BAD_RESPONSE
        most = MOST_BAD_RESPONSES if bad else MOST_CONVERSATIONS
        if reply.failure not in TRIED_AGAIN or self.failed >= most:
            self._fail(talk, reply.failure)
        elif self.look is not Look.NONE:
            self.status, self.due = Status.WAITING, False
        elif reply.failure is Failure.TIMEOUT or reply.fate_unknown:
            self.status, self.look, self.due = Status.WAITING, Look.RECONCILE, False
        else:
            self._back(talk, due=False, paused=paused)

    def _back(self, talk: Conversation, *, due: bool, paused: bool) -> None:
        """To the line, for a conversation anew."""
        self.status, self.look, self.due, self.parked = Status.PENDING, Look.NONE, due, paused
        talk.state = "failed"

    def _fail(self, talk: Conversation, failure: Failure) -> None:
        self._end(Status.FAILED, failure=failure.value)
        talk.state = "failed"

    def _end(self, status: Status, *, outcome: str = "", failure: str = "") -> None:
        self.status, self.look, self.outcome, self.failure = status, Look.NONE, outcome, failure
        self.due = self.parked = False

    def lost(self) -> None:
        """Its worker is gone, or its lease has ended."""
        self.crashes, self.version, self.worker = self.crashes + 1, self.version + 1, ""
        if self.crashes >= MOST_CRASHES:
            self._fail(self.talks[-1], Failure.INTERNAL)
            return
        self.status, self.due = Status.WAITING, True
        self.look = self.look or Look.RECONCILE

    def cancelled(self) -> bool:
        """Somebody cancels it. True when it moved."""
        if self.status in FINAL:
            return False
        self._end(Status.CANCELLED)
        self.version, self.worker = self.version + 1, ""
        return True

    def asked_again(self, *, paused: bool) -> bool:
        """Somebody wants another answer. True when it moved."""
        if self.status not in FINAL:
            return False
        self._end(Status.PENDING)
        self.version, self.failed, self.crashes = self.version + 1, 0, 0
        self.due, self.parked = True, paused
        return True
