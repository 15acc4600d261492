"""Times of day: the one form that is right, and what other forms mean."""

from __future__ import annotations

import re
from typing import Final

MIDNIGHT: Final = "24:00"
MINUTES: Final = {f"{n // 60:02d}:{n % 60:02d}": n for n in range(24 * 60)}
"""HH:MM → minutes since the day began; as a start."""

ENDS: Final = {**MINUTES, MIDNIGHT: 24 * 60}
"""The same as an end: a day may end at 24:00."""

_WORDS: Final = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_TIME: Final = re.compile(
    r"(?P<hour>[0-9]{1,2})\s*(?:[:.h]?\s*(?P<minute>[0-9]{2})(?:[:.]00(?:\.0+)?)?)?\s*h?"
    r"\s*(?P<half>[ap])?(?:\.?\s?m\.?)?(?:\s*hrs?)?",
    re.IGNORECASE | re.ASCII,
)
_AS_ASCII: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹：", "01234567890123456789:")


def meant(text: str, *, is_end: bool) -> str | None:
    """The time that was probably meant, as HH:MM: `9am`, `9:00 AM`, `0900`, `9.30`, `9h30`, `noon`.

    The end of a day is 24:00. None for what can be no time, and for a number of hours and
    minutes that no clock shows.
    """
    word = text.strip().translate(_AS_ASCII)
    named = _WORDS.get(word.lower())
    match = _TIME.fullmatch(word)
    if named is None and match is None:
        return None
    time = named or _written(match)  # type: ignore[arg-type]
    if is_end and time == "00:00":
        return MIDNIGHT
    if not is_end and time == MIDNIGHT:
        return "00:00"
    return time if time in ENDS else None


def _written(match: re.Match[str]) -> str | None:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        # 13 pm is no time, but 14:00 pm is one with a word too many.
        half = "" if hour > 12 and half == "p" else "?"
    if half in ("a", "p"):
        hour = hour % 12 + (12 if half == "p" else 0)
    return None if half == "?" else f"{hour:02d}:{match['minute'] or '00'}"
