"""What a payer's reply means for the row: answered, failed, look again, or back to the line.

Pure: the same reply, row and limits always give the same move (with the same jitter).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eligibility.choices import (
    FAILURE_RULES,
    Failure,
    Look,
    Outcome,
    Review,
    Status,
)
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Reply
from eligibility.engine.looks import LATEST as LATEST_LOOK
from eligibility.engine.looks import next_look
from eligibility.results import contradicts, prevails

_CLEAR_ANSWERS = frozenset({Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a connection keeps trying; times in seconds."""

    max_conversations: int
    give_up_after: float
    backoff_min: float
    backoff_max: float
    answer_within: float = LATEST_LOOK


@dataclass(frozen=True, slots=True)
class Move:
    """Where a running row goes. `after` is seconds until it may be taken again.

    `closes` is the failure to close the attempt with; empty while its end is unknown, and for
    an answer. `counted` says that one more conversation failed. `answer` is the outcome of an
    answer that an earlier one prevails over: the row keeps that one, and its `outcome`.
    """

    status: Status
    outcome: str = ""
    failure: str = ""
    message: str = ""
    review: Review = Review.NONE
    look: Look = Look.NONE
    handle: str = ""
    after: float | None = None
    counted: bool = False
    closes: str = ""
    interim: Mapping[str, Any] | None = None
    answer: str = ""


def answered(outcome: Outcome, earlier: str = "") -> Move:
    """The end of a row that was answered. `earlier` is the answer it had to the same question.

    A no after a yes is somebody's to look at: the yes prevails, and may no longer be true.
    """
    if prevails(outcome.value, earlier):
        return Move(Status.DONE, outcome=outcome.value, review=review_of(outcome))
    is_denied = contradicts(outcome.value, earlier)
    review = Review.NEEDS_ATTENTION if is_denied else review_of(Outcome(earlier))
    return Move(Status.DONE, outcome=earlier, review=review, answer=outcome.value)


def review_of(outcome: Outcome) -> Review:
    """Whether people should look at an answer: all but a plain yes or no."""
    return Review.NONE if outcome in _CLEAR_ANSWERS else Review.NEEDS_ATTENTION


def backoff(limits: Limits, failed: int, jitter: float) -> float:
    """Seconds to wait after `failed` failed conversations: doubling, spread by up to a fifth.

    `jitter` is a random number between 0 and 1.
    """
    doubled = limits.backoff_min * 2.0 ** min(max(failed - 1, 0), 30)
    return min(doubled, limits.backoff_max) * (0.8 + 0.4 * jitter)


def decide(
    reply: Reply,
    *,
    look: Look,
    failed: int,
    age: float,
    limits: Limits,
    jitter: float,
    earlier: str = "",
    asked: float = 0.0,
    usual: float | None = None,
    alike: int | None = None,
) -> Move:
    """The move that follows from a reply.

    `look` is what the call was, `failed` how many conversations failed before it, `age` the
    seconds since the row was first claimed, `earlier` the outcome that the row has to this
    question from before. `asked` is how long ago the conversation began, and `usual` how long
    the lane's conversations take (None: not known). `alike` is how many of the failed
    conversations failed as this one did, for the classes that have a limit of their own
    (None: all of them).
    """
    match reply:
        case Done(outcome=outcome):
            return answered(outcome, earlier)
        case Pending():
            return _look_later(reply, age=age, limits=limits, asked=asked, usual=usual)
        case NotDelivered():
            return _after_not_delivered(failed=failed, age=age, limits=limits)
        case Failed():
            if _is_used_up(reply, failed, failed if alike is None else alike, age, limits):
                return _failed(reply.failure, reply.message)
            return _after_failure(reply, look=look, failed=failed + 1, limits=limits, jitter=jitter)


def _failed(failure: Failure, message: str, *, counted: bool = True) -> Move:
    return Move(
        Status.FAILED,
        failure=failure.value,
        message=message,
        review=Review.NEEDS_ATTENTION,
        counted=counted,
        closes=failure.value,
    )


def _look_later(
    reply: Pending, *, age: float, limits: Limits, asked: float, usual: float | None
) -> Move:
    """The payer works on it: look again, for as long as the connection waits at all."""
    left = min(limits.answer_within - asked, limits.give_up_after - age)
    if left <= 0:
        return _failed(Failure.TIMEOUT, "The payer took the question, but did not answer in time.")
    return Move(
        Status.WAITING,
        look=Look.POLL,
        handle=reply.handle,
        after=next_look(asked=asked, promised=reply.look_after, usual=usual, left=left),
        interim=reply.interim,
    )


def _after_not_delivered(*, failed: int, age: float, limits: Limits) -> Move:
    """The payer never saw our call: a repeat is safe, if we may try at all."""
    if failed >= limits.max_conversations or age >= limits.give_up_after:
        return _failed(Failure.TIMEOUT, "The payer did not answer in time.", counted=False)
    return Move(Status.PENDING, after=0.0, closes=Failure.TIMEOUT.value)


def _is_used_up(reply: Failed, failed: int, alike: int, age: float, limits: Limits) -> bool:
    """Whether no further try follows; `failed` and `alike` count the failures before this one."""
    rule = FAILURE_RULES[reply.failure]
    return (
        not rule.retried
        or reply.is_final
        or failed + 1 >= limits.max_conversations
        or (rule.most_conversations is not None and alike + 1 >= rule.most_conversations)
        or age >= limits.give_up_after
    )


def _after_failure(
    reply: Failed, *, look: Look, failed: int, limits: Limits, jitter: float
) -> Move:
    rule = FAILURE_RULES[reply.failure]
    after = backoff(limits, failed, jitter)
    if reply.retry_after is not None:
        after = min(max(after, reply.retry_after), limits.give_up_after)
    if look is not Look.NONE:
        # The conversation goes on: what failed was only one look at it.
        return Move(Status.WAITING, look=look, after=after, counted=True)
    if rule.reconcile or reply.fate_unknown:
        return Move(Status.WAITING, look=Look.RECONCILE, after=after, counted=True)
    return Move(Status.PENDING, after=after, counted=True, closes=reply.failure.value)
