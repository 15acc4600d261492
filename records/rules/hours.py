"""Working hours: HH:MM in 24 hours, a start before its end, nothing twice.

Local time of the place of work. The end of a day is 24:00; hours that go on after midnight are
written as two stretches, on two days.
"""

from __future__ import annotations

from typing import Final, cast

from records.rules.base import Facts
from records.rules.clock import ENDS, MINUTES, meant
from records.rules.findings import Findings
from records.rules.week import Week, join_day, split_night
from records.schemas import DAYS, Hours, Practitioner

POINTER: Final = "/config/workingHours"
_DAY_NAMES: Final = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """The faults of each day. A clean day costs two look-ups for each of its stretches."""
    given = config["workingHours"]
    if given is None:
        return
    week = cast(Week, given)
    for day in DAYS:
        stretches = week[day]
        if stretches and not _is_clean(stretches):
            _judge_day(week, day, stretches, found)


def _is_clean(stretches: list[Hours]) -> bool:
    """Whether all stretches can be read, in their order and without an overlap.

    Times of the right form are in the order of their text.
    """
    last = ""
    for each in stretches:
        start, end = each["start"], each["end"]
        if start not in MINUTES or end not in ENDS or not last <= start < end:
            return False
        last = end
    return True


def _judge_day(week: Week, day: str, stretches: list[Hours], found: Findings) -> None:
    right: list[tuple[int, int, int]] = []
    for index, each in enumerate(stretches):
        if not each["start"] and not each["end"] and found.is_full("hours.half", 2):
            continue  # a hostile body has millions of empty ones
        pointer = f"{POINTER}/{day}/{index}"
        if _both_readable(pointer, each, found):
            start, end = MINUTES[each["start"] or ""], ENDS[each["end"] or ""]
            if start < end:
                right.append((start, end, index))
            else:
                _refuse_order(week, day, index, found)
    _look_for_overlaps(week, day, right, found)


def _both_readable(pointer: str, each: Hours, found: Findings) -> bool:
    """Whether the stretch has both ends, and both are times."""
    readable = True
    for name, text, is_end in (("start", each["start"], False), ("end", each["end"], True)):
        if not text or text.isspace():
            message = f"The {name} is missing: hours have a start and an end."
            found.add(f"{pointer}/{name}", "hours.half", message, text)
            readable = False
        elif text not in (ENDS if is_end else MINUTES):
            message = "A time is written HH:MM in 24 hours, such as 09:00."
            suggestion = meant(text, is_end=is_end)
            found.add(f"{pointer}/{name}", "hours.format", message, text, suggestion)
            readable = False
    return readable


def _refuse_order(week: Week, day: str, index: int, found: Findings) -> None:
    stretches = week[day] or []
    start, end = stretches[index]["start"], stretches[index]["end"]
    suggestion = None
    if start != end:
        suggestion = split_night(week, day, index)
        message = "The end is before the start. Hours past midnight are two: one on each day."
    else:
        message = "The start and the end are the same. A whole day is 00:00 to 24:00."
        if start == "00:00":
            suggestion = split_night(week, day, index)
    found.add(f"{POINTER}/{day}/{index}", "hours.order", message, f"{start}-{end}", suggestion)


def _look_for_overlaps(
    week: Week, day: str, right: list[tuple[int, int, int]], found: Findings
) -> None:
    """Each stretch that begins before an earlier one has ended."""
    right.sort()
    latest, holder = -1, -1
    for start, end, index in right:
        if start < latest:
            message = f"{_DAY_NAMES[day]}'s hours {holder + 1} and {index + 1} overlap."
            hours = (week[day] or [])[index]
            given = f"{hours['start']}-{hours['end']}"
            suggestion = join_day(week, day)
            found.add(f"{POINTER}/{day}/{index}", "hours.overlap", message, given, suggestion)
        if end > latest:
            latest, holder = end, index
