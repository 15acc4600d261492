"""Days, times and ages as people say them, in a zone of their own."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def day(value: date) -> str:
    """ "24 Nov 2026"."""
    return f"{value.day} {value:%b %Y}"


def at(moment: datetime | None, zone: tzinfo) -> str:
    """ "24 Nov 2026, 07:12"; empty for no moment."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def age(moment: datetime, now: datetime) -> str:
    """ "3 h ago"."""
    seconds = max((now - moment).total_seconds(), 0)
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < 2 * _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    return f"{int(seconds // _DAY)} days ago"
