"""Dates and times as rows write them.

Nothing is guessed: a date that is not written YYYY-MM-DD is left out, and at most suggested.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from portal.intake.issues import Issue
from portal.intake.text import excerpt

MOST_AHEAD = timedelta(days=366)

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
# fromisoformat takes any character between date and time.
_MOMENT = re.compile(r"[0-9Ww-]{8,10}(?:[Tt ][0-9:.,+Zz-]+)?", re.ASCII)
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ].+", re.ASCII)


def iso_date(text: str) -> date | None:
    """The date that YYYY-MM-DD names, or None. No other form of ISO 8601 is taken."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def dob_issue(text: str, born: date | None) -> Issue:
    """What is doubtful about a date of birth that is no date, or in the future (`born`)."""
    if born is not None:
        message = "This date of birth is in the future; it is left out."
        return Issue("/dob", "dob.future", message, excerpt(text))
    if is_ambiguous(text):
        message = "This date of birth may mean two days, day or month first; it is left out."
        return Issue("/dob", "dob.ambiguous", message, excerpt(text))
    message = "This date of birth is not a date such as 1986-11-13; it is left out."
    return Issue("/dob", "dob.format", message, excerpt(text), date_meant(text))


def date_meant(text: str) -> str | None:
    """The ISO date that this text can only mean; None when day and month could change places."""
    if _DATE_AND_TIME.fullmatch(text):
        return text[:10] if iso_date(text[:10]) else None
    found = readings(text)
    return found.pop() if len(found) == 1 else None


def is_ambiguous(text: str) -> bool:
    """Whether the text is one day when the day comes first, and another when the month does."""
    return len(readings(text)) > 1


def readings(text: str) -> set[str]:
    """The ISO dates that a date such as 03/04/1986 may mean: none, one or two."""
    found = _DAY_FIRST.fullmatch(text)
    if found is None:
        return set()
    first, second, year = (int(part) for part in found.groups())
    return {*_iso_texts(year, second, first), *_iso_texts(year, first, second)}


def _iso_texts(year: int, month: int, day: int) -> list[str]:
    try:
        return [date(year, month, day).isoformat()]
    except ValueError:
        return []


def read_scheduled_for(text: str, *, timezone: tzinfo, now: datetime) -> datetime | Issue:
    """The moment an ISO 8601 text names, in UTC, or why it is refused.

    Without a zone it is `timezone`'s (the clinic's). A past moment is fine: it means "at once".
    The issue's pointer is "/scheduled_for", in a row as in a body.
    """
    moment = _moment(text.strip(), timezone)
    if moment is None:
        message = "scheduled_for is a date and time such as 2026-11-24T06:00:00+04:00."
        return Issue("/scheduled_for", "scheduled_for.format", message, excerpt(text))
    if moment - now > MOST_AHEAD:
        message = f"scheduled_for is more than {MOST_AHEAD.days} days ahead."
        return Issue("/scheduled_for", "scheduled_for.too_far", message, excerpt(text))
    return moment


def _moment(text: str, timezone: tzinfo) -> datetime | None:
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        read = datetime.fromisoformat(text.upper())
        return (read if read.tzinfo else read.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
