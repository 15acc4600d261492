"""How long an answer may stand for the same question asked again (domain.md, "Freshness"). Pure.

A clinic pays for every question, and a payer takes its time; so a team may say, per payer and
visit type, that a new row takes over the answer which the clinic got a short while ago. The
windows belong to the team's connection to the payer (`Connection.freshness`), not to the payer
in the registry: they are a matter of the team's own money and risk, and every team sees the same
registry. Off unless somebody switched it on.

Stored: {visit type: window}, "*" for the visit types that are not named. A window is "off", "day"
(the same calendar day in the clinic's zone) or so many hours, "4h". The question is payer,
identifier (type and value), visit type and day of the visit, asked by the same clinic; a row
without a day asks about the day on which it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from eligibility.choices import Outcome

OTHERS = "*"
"""Stands for every visit type that has no window of its own."""
OFF = "off"
SAME_DAY = "day"
LONGEST_HOURS = 7 * 24
"""A longer window is a slip: policies begin and end."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""So far an answer may lie in the future and still be taken: machines' clocks differ."""

REUSABLE = (Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE)
"""A plain yes or no. "Nobody found", "several", "undetermined" and "partial" are asked again:
a payer that could not say now may be able to in a minute."""

_HOURS = re.compile(r"([1-9][0-9]{0,2})h")

Windows = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Window:
    """How old an answer may be: `hours`, or None for "given on the same calendar day"."""

    hours: int | None

    def opens_at(self, now: datetime, zone: tzinfo) -> datetime:
        """The earliest moment at which a usable answer was given."""
        if self.hours is not None:
            return now - timedelta(hours=self.hours)
        return day_begins(now.astimezone(zone).date(), zone)


def day_begins(day: date, zone: tzinfo) -> datetime:
    """Midnight of a day by the clinic's clock."""
    return datetime.combine(day, time.min, tzinfo=zone)


def window_for(windows: Windows, visit_type: str) -> Window | None:
    """The window of a visit type; None where answers are never reused."""
    return read_window(windows.get(visit_type) or windows.get(OTHERS) or OFF)


def read_window(text: Any) -> Window | None:
    """A stored window. What nobody can read is off: asking is always right."""
    if text == SAME_DAY:
        return Window(None)
    hours = _HOURS.fullmatch(text) if isinstance(text, str) else None
    return Window(int(hours[1])) if hours and int(hours[1]) <= LONGEST_HOURS else None


def is_window(text: Any) -> bool:
    """Whether this may be stored as a window."""
    return text == OFF or read_window(text) is not None


def any_window(windows: Windows) -> bool:
    """Whether some visit type has a window that is not off."""
    return any(read_window(each) is not None for each in windows.values())


def faults(windows: Any, visit_types: Collection[str]) -> list[str]:
    """What is wrong with these windows, in sentences; `visit_types` are the payer's."""
    if not isinstance(windows, Mapping):
        return ["The windows are not a table of visit types."]
    known = {OTHERS, *visit_types}
    found = [f"{name} is no visit type of this payer." for name in windows if name not in known]
    bad = [name for name, each in windows.items() if not is_window(each)]
    return found + [
        f"{'Other visits' if name == OTHERS else name}: off, the same day, or 1 to "
        f"{LONGEST_HOURS} hours."
        for name in bad
    ]


def still_holds(policy: Mapping[str, Any], day: date) -> bool:
    """Whether a policy's end does not close the window before `day`.

    An end that only stands for "no end known" closes nothing, nor does one that nobody can read.
    """
    end = policy.get("end")
    if not isinstance(end, str) or policy.get("end_is_placeholder"):
        return True
    try:
        return day <= date.fromisoformat(end)
    except ValueError:
        return True
