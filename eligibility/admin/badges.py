"""The vocabulary of a check as badges: word + icon + colour. The words are the choices' own."""

from __future__ import annotations

from django.utils.safestring import SafeString

from eligibility.choices import BatchStatus, Failure, Outcome, Review, Status
from portal.badges import Colour, badge

Look = tuple[str, Colour]
"""(icon, colour)"""

STATUS: dict[str, Look] = {
    Status.PENDING: ("schedule", "grey"),
    Status.RUNNING: ("progress_activity", "blue"),
    Status.WAITING: ("hourglass_top", "blue"),
    Status.DONE: ("done_all", "grey"),
    Status.FAILED: ("error", "red"),
    Status.CANCELLED: ("block", "grey"),
}

OUTCOME: dict[str, Look] = {
    Outcome.ELIGIBLE: ("check_circle", "green"),
    Outcome.NOT_ELIGIBLE: ("cancel", "red"),
    Outcome.MEMBER_NOT_FOUND: ("person_search", "amber"),
    Outcome.AMBIGUOUS_MEMBER: ("group", "amber"),
    Outcome.UNDETERMINED: ("help", "violet"),
    Outcome.PARTIAL: ("rule", "violet"),
}

REVIEW: dict[str, Look] = {
    Review.NONE: ("remove", "grey"),
    Review.NEEDS_ATTENTION: ("notification_important", "amber"),
    Review.IN_PROGRESS: ("edit_note", "blue"),
    Review.RESOLVED: ("task_alt", "green"),
    Review.ACCEPTED: ("thumb_up", "grey"),
}

BATCH: dict[str, Look] = {
    BatchStatus.SCHEDULED: ("event", "violet"),
    BatchStatus.RUNNING: ("progress_activity", "blue"),
    BatchStatus.PAUSED: ("pause_circle", "amber"),
    BatchStatus.COMPLETED: ("check_circle", "green"),
    BatchStatus.CANCELLED: ("block", "grey"),
}


def status_badge(status: str) -> SafeString:
    """Where the work on a check stands."""
    return badge(str(Status(status).label), *STATUS[status])


def outcome_badge(outcome: str) -> SafeString:
    """What the payer answered; nothing when there is no answer."""
    return badge(str(Outcome(outcome).label), *OUTCOME[outcome]) if outcome else SafeString("")


def failure_badge(failure: str) -> SafeString:
    """Why there is no answer; nothing when there is one."""
    return badge(str(Failure(failure).label), "error", "red") if failure else SafeString("")


def review_badge(review: str) -> SafeString:
    """What people do about a check; nothing when nobody has to."""
    if review == Review.NONE:
        return SafeString("")
    return badge(str(Review(review).label), *REVIEW[review])


def batch_badge(status: str) -> SafeString:
    """Where a batch stands."""
    return badge(str(BatchStatus(status).label), *BATCH[status])
