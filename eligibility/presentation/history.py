"""The moves of a check in plain words."""

from __future__ import annotations

from eligibility.choices import Failure, Look, Outcome, Status
from portal.badges import Colour

_AGAIN = "tries again: "
_REUSED = "reused: "
_STANDS = ", earlier answer stands: "
_LOOKS: dict[str, tuple[str, Colour]] = {
    Status.PENDING: ("schedule", "grey"),
    Status.RUNNING: ("call_made", "blue"),
    Status.WAITING: ("hourglass_top", "blue"),
    Status.DONE: ("check_circle", "green"),
    Status.FAILED: ("error", "red"),
    Status.CANCELLED: ("block", "grey"),
}


def move_words(before: str, after: str, note: str) -> str:
    """What one move was. A note that nobody foresaw is repeated as it is."""
    if before == after:
        return _sentence(note) or "Looked at"
    match Status(after):
        case Status.RUNNING:
            return "Looked again" if before == Status.WAITING else "Asked the payer"
        case Status.DONE:
            return _answered(note)
        case Status.FAILED:
            return f"Failed: {_failure(note)}"
        case Status.WAITING if before == Status.PENDING:
            return _sentence(note)  # a search begins
        case Status.WAITING:
            look = {str(each.label): each for each in Look}.get(note)
            return _WAITS.get(look or Look.NONE, _sentence(note))
        case Status.CANCELLED:
            return "Skipped" if note == _SKIPPED else "Cancelled"
    if note.startswith(_AGAIN):
        return f"Back in line. {_failure(note.removeprefix(_AGAIN))}"
    return f"Back in line: {note}" if note else "Back in line"


def move_look(after: str) -> tuple[str, Colour]:
    """Icon and colour of a move."""
    return _LOOKS[after]


_SKIPPED = "skipped"
"""The note of a payer that its search does not ask, or no longer."""

_WAITS: dict[Look, str] = {
    Look.POLL: "The payer works on it",
    Look.RECONCILE: "No answer came back; the payer will be asked what became of the call",
    Look.NONE: "Waiting for the payer",
}


def _answered(note: str) -> str:
    """An answer of this conversation, or one that was known; perhaps an earlier one stands."""
    if note.startswith(_REUSED):
        return f"Fresh answer reused, nobody was asked: {_outcome(note.removeprefix(_REUSED))}"
    came, stands, earlier = note.partition(_STANDS)
    if stands:
        return f"Answered: {_outcome(came)}. The earlier answer stands: {_outcome(earlier)}"
    return f"Answered: {_outcome(note)}"


def _outcome(note: str) -> str:
    return str(Outcome(note).label) if note in Outcome.values else note


def _failure(note: str) -> str:
    return str(Failure(note).label) if note in Failure.values else note


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:]
