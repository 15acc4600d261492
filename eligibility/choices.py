"""The vocabulary of an eligibility check: its states, its answers and why there is none.

State is four questions kept apart: `status` (the work), `outcome` (the answer), `failure`
(why there is no answer) and `review` (what people do about it). One failure class drives
retry, the lane's breaker, the text on the page and who has to act.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import IntegerChoices, TextChoices


class Status(TextChoices):
    """Where the work on a task stands.

    pending ──claim──▶ running ──answer──▶ done
       ▲                 │  ▲ └──no answer, no retry left──▶ failed
       │◀──retry later───┘  │
       │            look    │
       │        waiting ◀───┘ (the payer said "later", or we must ask what became of our call)
       └── pending, waiting and running may be cancelled; failed and done may be re-run,
           and are done or failed once more when the correction behind it is taken back
    A search goes from pending to waiting while its payers are asked, and to its end from there.
    """

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting for the payer"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


FINAL = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})
IN_LINE = frozenset({Status.PENDING, Status.WAITING})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(
        {Status.RUNNING, Status.WAITING, Status.DONE, Status.FAILED, Status.CANCELLED}
    ),
    Status.RUNNING: frozenset(
        {Status.DONE, Status.FAILED, Status.WAITING, Status.PENDING, Status.CANCELLED}
    ),
    Status.WAITING: frozenset({Status.RUNNING, Status.DONE, Status.FAILED, Status.CANCELLED}),
    Status.DONE: frozenset({Status.PENDING}),
    Status.FAILED: frozenset({Status.PENDING}),
    Status.CANCELLED: frozenset({Status.PENDING}),
}


class Outcome(TextChoices):
    """What the payer answered. "Undetermined" is a third answer, never shown as "not eligible"."""

    ELIGIBLE = "eligible", "Eligible"
    NOT_ELIGIBLE = "not_eligible", "Not eligible"
    MEMBER_NOT_FOUND = "member_not_found", "Member not found"
    AMBIGUOUS_MEMBER = "ambiguous_member", "Several members match"
    UNDETERMINED = "undetermined", "Undetermined"
    PARTIAL = "partial", "Partial"


PREVAILING = (
    Outcome.ELIGIBLE,
    Outcome.NOT_ELIGIBLE,
    Outcome.AMBIGUOUS_MEMBER,
    Outcome.UNDETERMINED,
    Outcome.PARTIAL,
    Outcome.MEMBER_NOT_FOUND,
)
"""Of what several payers say about one person, what counts: who knows the person comes first."""


class Failure(TextChoices):
    """Why there is no answer."""

    INPUT_INVALID = "input_invalid", "The row cannot be sent as it is"
    IDENTITY_MISMATCH = "identity_mismatch", "The payer knows this member under other details"
    PAYER_UNSUPPORTED = "payer_unsupported", "The clinic has no connection to this payer"
    PROVIDER_NOT_ENROLLED = "provider_not_enrolled", "The payer does not know this clinic"
    CREDENTIALS = "credentials", "The payer refused our login"
    THROTTLED = "throttled", "The payer asked us to slow down"
    PAYER_UNAVAILABLE = "payer_unavailable", "The payer could not be reached"
    TIMEOUT = "timeout", "The payer did not answer in time"
    BAD_RESPONSE = "bad_response", "The payer's answer could not be read"
    INTERNAL = "internal", "A fault of the portal"


class Review(TextChoices):
    """What people do about a row."""

    NONE = "none", "None"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    IN_PROGRESS = "in_progress", "In progress"
    RESOLVED = "resolved", "Resolved"
    ACCEPTED = "accepted", "Accepted as it is"


class Actor(TextChoices):
    """Who has to act on a failure."""

    NOBODY = "nobody", "Nobody"
    CLINIC = "clinic", "The clinic"
    ADMIN = "admin", "An administrator"
    ENGINEERING = "engineering", "Engineering"


@dataclass(frozen=True, slots=True)
class FailureRule:
    """What follows from a failure class (product.md, "Failure classes").

    `retried` says whether the row goes back to the line by itself; `reconcile` that we first
    ask the payer what became of our call; `counts_for_breaker` feeds the lane's breaker;
    `most_conversations` caps the connection's own limit.
    """

    retried: bool
    actor: Actor
    counts_for_breaker: bool = False
    reconcile: bool = False
    most_conversations: int | None = None


FAILURE_RULES: dict[Failure, FailureRule] = {
    Failure.INPUT_INVALID: FailureRule(False, Actor.CLINIC),
    Failure.IDENTITY_MISMATCH: FailureRule(False, Actor.CLINIC),
    Failure.PAYER_UNSUPPORTED: FailureRule(False, Actor.ADMIN),
    Failure.PROVIDER_NOT_ENROLLED: FailureRule(False, Actor.ADMIN),
    Failure.CREDENTIALS: FailureRule(False, Actor.ADMIN),
    Failure.THROTTLED: FailureRule(True, Actor.NOBODY),
    Failure.PAYER_UNAVAILABLE: FailureRule(True, Actor.NOBODY, counts_for_breaker=True),
    Failure.TIMEOUT: FailureRule(True, Actor.NOBODY, counts_for_breaker=True, reconcile=True),
    Failure.BAD_RESPONSE: FailureRule(
        True, Actor.ENGINEERING, counts_for_breaker=True, most_conversations=2
    ),
    Failure.INTERNAL: FailureRule(False, Actor.ENGINEERING),
}


class Look(TextChoices):
    """What the next call about a waiting row is: ask for the answer, or what became of our call."""

    NONE = "", "None"
    POLL = "poll", "Ask for the answer"
    RECONCILE = "reconcile", "Ask what became of our call"


class AttemptState(TextChoices):
    """Where one conversation stands. An open one of a dead worker is closed by its next look."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    FAILED = "failed", "Failed"


class Priority(IntegerChoices):
    """The order inside a lane: a person waiting at the desk overtakes a batch."""

    HIGH = 0, "high"
    NORMAL = 1, "normal"
    LOW = 2, "low"


class BreakerState(TextChoices):
    """Whether a lane trusts its payer (`engine/lane/breaker.py` holds the numbers).

    closed ──five counted failures in a row, or most of the last 20──▶ open
      ▲                                                                 │ its pause ends, and
      │                                                                 ▼ one row goes ahead
      └────────────the row got through────────── half_open ──it did not──▶ open, twice as long
    """

    CLOSED = "closed", "Closed"
    OPEN = "open", "Open"
    HALF_OPEN = "half_open", "Trying with one row"


class HeldReason(TextChoices):
    """Why the rows of a lane are held, the first that applies: what people must end comes first.

    Derived from the connection and its state by `engine/lane/held.py`, never stored on rows.
    """

    INACTIVE = "inactive", "The connection is switched off"
    PAUSED = "paused", "Somebody paused the lane"
    CREDENTIALS = "credentials", "The payer refused our login"
    BREAKER_OPEN = "breaker_open", "The payer did not answer"
    PROBING = "probing", "One row tries whether the payer answers again"
    THROTTLED = "throttled", "The payer asked us to slow down"
    BLACKOUT = "blackout", "The payer is not asked at this hour"
    DAILY_CAP = "daily_cap", "Today's questions are used up"
    RATE = "rate", "The lane has reached its pace"


class BatchStatus(TextChoices):
    """Derived from a batch's rows, never stored."""

    SCHEDULED = "scheduled", "Scheduled"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
