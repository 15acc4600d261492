"""A week of working hours as a grid: what each day says, and where its stretches lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.presentation.fields import DAY_LABELS
from records.presentation.values import said
from records.rules.clock import ENDS, MINUTES


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch, in minutes from midnight."""

    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its stretches as text, and those that can be read as bars."""

    name: str
    text: str
    bars: tuple[Bar, ...]


def week_of(hours: Any) -> list[Day]:
    """All seven days, from Monday; a day without hours has no text. Empty: no hours at all."""
    if not isinstance(hours, Mapping) or not any(hours.get(day) for day in DAY_LABELS):
        return []
    return [_day(name, hours.get(day)) for day, name in DAY_LABELS.items()]


def _day(name: str, stretches: Any) -> Day:
    found = stretches if isinstance(stretches, list) else []
    bars = [bar for each in found if (bar := _bar(each))]
    return Day(name, said(stretches), tuple(bars))


def _bar(stretch: Any) -> Bar | None:
    if not isinstance(stretch, Mapping):
        return None
    start = MINUTES.get(str(stretch.get("start")))
    end = ENDS.get(str(stretch.get("end")))
    return Bar(start, end - start) if start is not None and end and start < end else None
