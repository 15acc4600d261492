"""Why a lane is held and until when, in words for staff; and how fast a lane goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from eligibility.choices import Failure, HeldReason
from eligibility.engine.lane.held import Held
from portal import moments
from portal.badges import Badge

HELD: Mapping[HeldReason, Badge] = {
    HeldReason.INACTIVE: Badge("Switched off", "power_off", "grey"),
    HeldReason.PAUSED: Badge("Paused", "pause_circle", "amber"),
    HeldReason.CREDENTIALS: Badge("Login locked", "lock", "red"),
    HeldReason.BREAKER_OPEN: Badge("Payer down", "cloud_off", "red"),
    HeldReason.PROBING: Badge("Trying one row", "troubleshoot", "amber"),
    HeldReason.THROTTLED: Badge("Slowed down", "hourglass_bottom", "amber"),
    HeldReason.BLACKOUT: Badge("Not at this hour", "bedtime", "violet"),
    HeldReason.DAILY_CAP: Badge("Used up for today", "event_busy", "amber"),
    HeldReason.RATE: Badge("At its limit", "speed", "blue"),
}
"""How each reason looks in a list."""

_GOES_ON: Mapping[HeldReason, str] = {
    HeldReason.BREAKER_OPEN: "Tries again",
    HeldReason.PROBING: "Known at the latest",
}
FAILED: Mapping[str, str] = {
    Failure.INPUT_INVALID: "cannot be sent",
    Failure.IDENTITY_MISMATCH: "other details",
    Failure.PAYER_UNSUPPORTED: "no connection",
    Failure.PROVIDER_NOT_ENROLLED: "clinic unknown",
    Failure.CREDENTIALS: "login refused",
    Failure.THROTTLED: "asked to slow down",
    Failure.PAYER_UNAVAILABLE: "not reached",
    Failure.TIMEOUT: "no answer in time",
    Failure.BAD_RESPONSE: "unreadable answer",
    Failure.INTERNAL: "the portal's fault",
}
"""Failures in the narrow columns of the lanes."""
_BY_PEOPLE: Mapping[HeldReason, str] = {
    HeldReason.INACTIVE: "It waits for an administrator to put it in use.",
    HeldReason.PAUSED: "It waits for somebody to resume it.",
    HeldReason.CREDENTIALS: "It waits for an administrator to correct the login; "
    "a test call unlocks it.",
}


def stops(held: Held | None) -> bool:
    """Whether a lane is held in the sense of the word: one that goes at its limit is not."""
    return held is not None and held.reason != HeldReason.RATE


def why_held(held: Held, *, now: datetime, zone: tzinfo, by: str = "", because: str = "") -> str:
    """The reason and until when; `by` is who paused it, `because` what they said."""
    if held.reason == HeldReason.PAUSED:
        return (
            f"{_paused(held, now=now, zone=zone, by=by, because=because)} {until(held, now, zone)}"
        )
    return f"{held.words} {until(held, now, zone)}".strip()


def until(held: Held, now: datetime, zone: tzinfo) -> str:
    """Until when, as a sentence: a moment of the clinic's clock, or whom it waits for."""
    if held.until is None:
        return _BY_PEOPLE.get(held.reason, "")
    goes_on = _GOES_ON.get(held.reason, "Continues")
    return f"{goes_on} {when(held.until, now, zone)}."


def _paused(held: Held, *, now: datetime, zone: tzinfo, by: str, because: str) -> str:
    who = f"{by} paused it" if by else "Somebody paused it"
    since = f" {when(held.since, now, zone)}" if held.since else ""
    return f"{who}{since}{f': “{because}”' if because else ''}."


def when(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """ "at 14:05", or "on 24 Nov 2026, 07:12" when it is another day."""
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return f"{'at' if is_today else 'on'} {moments.soon(moment, now=now, zone=zone)}"


def pace_words(a_second: float) -> str:
    """Answers a second, a minute or an hour: whichever gives a number that one can grasp."""
    if a_second >= 1:
        return f"{a_second:,.1f} a second"
    if a_second * 60 >= 1:
        return f"{a_second * 60:.1f} a minute"
    return f"{a_second * 3600:.1f} an hour"
