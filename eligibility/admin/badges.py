"""The vocabulary of a check as badges: word + icon + colour. The words are the choices' own."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.safestring import SafeString

from eligibility.choices import BatchStatus, Failure, Outcome, Review, Status
from eligibility.presentation.card import LOOKS as OUTCOME
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
    return _badge(Status(status), STATUS)


def outcome_badge(outcome: str) -> SafeString:
    """What the payer answered; nothing when there is no answer."""
    return _badge(Outcome(outcome), OUTCOME) if outcome else SafeString("")


def failure_badge(failure: str) -> SafeString:
    """Why there is no answer; nothing when there is one."""
    return badge(str(Failure(failure).label), "error", "red") if failure else SafeString("")


def batch_badge(status: str) -> SafeString:
    """Where a batch stands."""
    return _badge(BatchStatus(status), BATCH)


def _badge(state: TextChoices, looks: Mapping[str, Look]) -> SafeString:
    return badge(str(state.label), *looks[state.value])
