"""Days, times and ages as people say them, in the clinic's own zone."""

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


def at_second(moment: datetime | None, zone: tzinfo) -> str:
    """ "24 Nov 2026, 07:12:05": where the order of things matters. Empty for no moment."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{day(local)}, {local:%H:%M:%S}"


def soon(moment: datetime, *, now: datetime, zone: tzinfo) -> str:
    """The time alone when it is today, else with its day."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else at(moment, zone)


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


def length(seconds: float) -> str:
    """How long something takes: "40 s", "12 min", "3 h 20 min"."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * _MINUTE:
        return f"{round(whole / _MINUTE)} min"
    hours, rest = divmod(whole, _HOUR)
    return f"{hours} h {rest // _MINUTE} min"


def read_day(text: object) -> date | None:
    """A day out of stored JSON; None for what is none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
