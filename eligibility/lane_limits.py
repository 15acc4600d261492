"""What a connection's rate windows and blackout hours may say, read and checked (pure).

As stored, and as pages and files give them:

    rate_windows  [{"calls": 60, "seconds": 60}, {"calls": 1000, "seconds": 86400}]
    blackouts     [{"days": ["fri", "sat"], "from": "22:00", "to": "06:00"}]

A span whose end is not after its start runs over midnight; its days are those it begins on.
No days means every day; "24:00" is a day's end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_CALLS: Final = 1_000_000
LONGEST_WINDOW: Final = 31 * 86_400.0
SHORTEST_WINDOW: Final = 0.1
MOST_WINDOWS: Final = 5
MOST_BLACKOUTS: Final = 20
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float

    @property
    def key(self) -> str:
        """Its name among the counters of a lane's state."""
        return f"{self.calls}/{self.seconds:g}"


@dataclass(frozen=True, slots=True)
class Blackout:
    """Hours without calls: they begin `start` after midnight of each of `days` (0 is Monday)."""

    days: frozenset[int]
    start: timedelta
    length: timedelta


def parse_windows(value: Any) -> tuple[Window, ...]:
    """The windows of a connection; ValueError in words when one makes no sense."""
    windows = tuple(_window(each) for each in _items(value, MOST_WINDOWS, "windows"))
    if len({window.seconds for window in windows}) < len(windows):
        raise ValueError("Two windows have the same length.")
    return windows


def parse_blackouts(value: Any) -> tuple[Blackout, ...]:
    """The blackout hours of a connection; ValueError in words when one makes no sense."""
    return tuple(_blackout(each) for each in _items(value, MOST_BLACKOUTS, "spans"))


def validate_windows(value: Any) -> None:
    """`parse_windows` as a field's validator."""
    _validate(parse_windows, value)


def validate_blackouts(value: Any) -> None:
    """`parse_blackouts` as a field's validator."""
    _validate(parse_blackouts, value)


def _validate(parse: Any, value: Any) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid") from None


def _items(value: Any, most: int, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("This is a list.")
    if len(value) > most:
        raise ValueError(f"At most {most} {name}.")
    return value


def _window(item: Any) -> Window:
    if not isinstance(item, dict) or set(item) != {"calls", "seconds"}:
        raise ValueError('A window has "calls" and "seconds".')
    calls, seconds = item["calls"], item["seconds"]
    if type(calls) is not int or not 1 <= calls <= MOST_CALLS:
        raise ValueError(f"Calls are a whole number from 1 to {MOST_CALLS:,}.")
    if type(seconds) not in (int, float) or not SHORTEST_WINDOW <= seconds <= LONGEST_WINDOW:
        raise ValueError("Seconds are a number from 0.1 to 31 days.")
    return Window(calls, float(seconds))


def _blackout(item: Any) -> Blackout:
    if not isinstance(item, dict) or not {"from", "to"} <= set(item) <= {"days", "from", "to"}:
        raise ValueError('Blackout hours have "from" and "to", and perhaps "days".')
    start, end = _time(item["from"]), _time(item["to"])
    if start == _DAY:
        raise ValueError("24:00 can only be an end.")
    length = end - start if end > start else end + _DAY - start
    return Blackout(_days(item.get("days") or list(DAYS)), start, length)


def _time(value: Any) -> timedelta:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("Hours are written like 22:00.")
    hours, minutes = value.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _days(value: Any) -> frozenset[int]:
    if not isinstance(value, list) or not all(each in DAYS for each in value):
        raise ValueError(f"Days are some of {', '.join(DAYS)}.")
    return frozenset(DAYS.index(each) for each in value)
