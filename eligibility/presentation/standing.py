"""Where a check without an answer stands, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from eligibility.choices import FAILURE_RULES, Failure, Look, Status
from eligibility.presentation.failures import FAILURES, WHO_ACTS
from portal import moments
from portal.badges import Colour

_MANY_AND_ONE = (
    ("e-run one of them", "e-run it"),
    ("e-run them", "e-run it"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """`title` and `sentence` say what is, `advice` what to do, `who` does it (both may be "")."""

    title: str
    icon: str
    colour: Colour
    sentence: str
    advice: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """The work on a check, as far as words need it. `held` says why its lane is held, if it is."""

    status: str
    failure: str = ""
    message: str = ""
    look: str = ""
    run_at: datetime | None = None
    not_before: datetime | None = None
    failed_conversations: int = 0
    paused: bool = False
    held: str = ""


def standing(work: Work, *, now: datetime, zone: tzinfo) -> Standing | None:
    """Where it stands; None for an answered check, which has a card."""
    match Status(work.status):
        case Status.PENDING:
            return _in_line(work, now, zone)
        case Status.RUNNING:
            return Standing(
                "Being asked", "progress_activity", "blue", "The payer is being asked right now."
            )
        case Status.WAITING:
            return _waiting(work, now, zone)
        case Status.FAILED:
            return _failed(work)
        case Status.CANCELLED:
            return Standing(
                "Cancelled", "block", "grey", "Somebody cancelled this check before an answer came."
            )
    return None


def _in_line(work: Work, now: datetime, zone: tzinfo) -> Standing:
    due = work.run_at or work.not_before
    if work.paused:
        return Standing("Paused", "pause_circle", "amber", "Its batch is paused.")
    if work.held:
        return Standing("Held", "front_hand", "amber", work.held)
    if work.failed_conversations and due:
        tries = "once" if work.failed_conversations == 1 else f"{work.failed_conversations} times"
        sentence = f"Asked {tries} without an answer; next try {_when(due, now, zone)}."
        return Standing("Tries again", "history", "blue", sentence)
    if due and due > now:
        return Standing("Scheduled", "event", "violet", f"Its turn comes {_when(due, now, zone)}.")
    return Standing("In line", "schedule", "blue", "It waits for its turn.")


def _waiting(work: Work, now: datetime, zone: tzinfo) -> Standing:
    next_look = f"; next look {_when(work.run_at, now, zone)}" if work.run_at else ""
    if work.look == Look.RECONCILE:
        sentence = f"No answer came back: we ask the payer what became of our call{next_look}."
    else:
        sentence = f"The payer took the question and works on it{next_look}."
    if work.held:
        sentence = f"{sentence} For now it is held: {work.held}"
    return Standing("Waiting for the payer", "hourglass_top", "blue", sentence)


def _when(moment: datetime, now: datetime, zone: tzinfo) -> str:
    if moment <= now:
        return "now"
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return f"{'at' if is_today else 'on'} {moments.soon(moment, now=now, zone=zone)}"


def _failed(work: Work) -> Standing:
    failure = Failure(work.failure)
    explained = FAILURES[failure]
    says_more = work.message.rstrip(".") != explained.title
    return Standing(
        explained.title,
        "error",
        "red",
        work.message if says_more else "",
        advice=for_one(explained.advice),
        who=WHO_ACTS[FAILURE_RULES[failure].actor],
    )


def for_one(advice: str) -> str:
    """Advice about a group of checks, said about one."""
    for many, one in _MANY_AND_ONE:
        advice = advice.replace(many, one)
    return advice
