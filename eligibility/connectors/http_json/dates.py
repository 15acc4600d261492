"""Dates as payers write them. ISO dates and times are always understood."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

DateForm = Literal["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "DD.MM.YYYY", "YYYYMMDD"]

_PATTERNS: Final[dict[str, str]] = {
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "YYYYMMDD": "%Y%m%d",
}


def write_date(value: date | None, form: str) -> str:
    """The date as this payer wants it; empty when there is none."""
    return value.strftime(_PATTERNS[form]) if value else ""


def read_date(text: str, form: str) -> date | None:
    """The date in a payer's text, which may have a time behind it; None when it is none."""
    plain = text.strip()
    for pattern, length in ((_PATTERNS[form], len(form)), ("%Y-%m-%d", 10)):
        head, rest = plain[:length], plain[length:]
        if rest and rest[0] not in "T ":
            continue
        try:
            return datetime.strptime(head, pattern).date()  # noqa: DTZ007 (a day, no moment)
        except ValueError:
            continue
    return None
