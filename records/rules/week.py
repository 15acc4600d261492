"""Working hours put right: what to write instead of a night or of two stretches that overlap.

A suggestion here is the days as they should be ({"mon": [...], "tue": [...]}); the days that it
does not name stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.rules.clock import ENDS, MIDNIGHT, MINUTES
from records.schemas import DAYS, Hours

Week = Mapping[str, list[Hours] | None]
"""Every day of `schemas.DAYS` → its stretches."""

Days = dict[str, list[dict[str, Any]]]

MOST_SUGGESTED = 12
"""Stretches in a suggestion; more are nobody's hours, and cost a hostile body nothing."""


def split_night(week: Week, day: str, index: int) -> Days | None:
    """22:00-06:00 as 22:00-24:00 and, in front of the next day's hours, 00:00-06:00."""
    today = week[day] or []
    night = today[index]
    tomorrow = DAYS[(DAYS.index(day) + 1) % len(DAYS)]
    if len(today) + len(week[tomorrow] or []) > MOST_SUGGESTED:
        return None
    first = {"start": night["start"], "end": MIDNIGHT}
    days: Days = {day: [*_plain(today[:index]), first, *_plain(today[index + 1 :])]}
    if night["end"] != "00:00":
        rest = [{"start": "00:00", "end": night["end"]}]
        days[tomorrow] = rest + _plain(week[tomorrow] or [])
    return {name: joined(stretches) or stretches for name, stretches in days.items()}


def joined(stretches: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The stretches in order, those that overlap made one; None when one cannot be read."""
    if not all(each["start"] in MINUTES and each["end"] in ENDS for each in stretches):
        return None
    one_after_another: list[dict[str, Any]] = []
    for each in sorted(stretches, key=lambda each: MINUTES[each["start"]]):
        last = one_after_another[-1] if one_after_another else None
        if last is None or MINUTES[each["start"]] >= ENDS[last["end"]]:
            one_after_another.append(dict(each))
        elif ENDS[each["end"]] > ENDS[last["end"]]:
            last["end"] = each["end"]
    return one_after_another


def join_day(week: Week, day: str) -> Days | None:
    """The day with its overlapping stretches made one."""
    today = week[day] or []
    right = joined(_plain(today)) if len(today) <= MOST_SUGGESTED else None
    return None if right is None else {day: right}


def _plain(stretches: list[Hours]) -> list[dict[str, Any]]:
    return [{"start": each["start"], "end": each["end"]} for each in stretches]
