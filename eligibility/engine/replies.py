"""A connector's reply as the engine can use it: one that breaks the rules becomes a failure."""

from __future__ import annotations

from eligibility.choices import Failure, Look
from eligibility.connectors.base import Done, Failed, NotDelivered, Pending, Reply
from portal.intake.text import storable_text

LONGEST_HANDLE = 500
"""Characters that a handle may have: the width of its column."""


def usable(reply: object, look: Look) -> Reply:
    """The reply itself, or the failure `bad_response` in its place.

    `look` is what the call was: only a reconcile can say that the first call never arrived.
    """
    match reply:
        case Done() | Failed():
            return reply
        case NotDelivered() if look is Look.RECONCILE:
            return reply
        case Pending(handle=handle) if _can_be_kept(handle):
            return reply
    return Failed(
        Failure.BAD_RESPONSE,
        f"reply_{type(reply).__name__.lower()}",
        "The payer's answer could not be used.",
    )


def _can_be_kept(handle: str) -> bool:
    """Whether the handle comes out of every database as it went in."""
    return len(handle) <= LONGEST_HANDLE and storable_text(handle) == handle
