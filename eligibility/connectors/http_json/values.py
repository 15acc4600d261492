"""One value of a payer's answer as ours: what cannot be read is unknown, never guessed."""

from __future__ import annotations

import re
from typing import Any, Final

from eligibility.connectors.http_json.tables import word_of

LONGEST: Final = 2_000
_NOT_SAID: Final = frozenset(
    {
        *("", "-", "--", "n/a", "na", "null", "none", "not mentioned", "not available", "unknown"),
        *("could not determine", "not applicable", "not specified", "nil"),
    }
)
_YES: Final = frozenset({"true", "yes", "y", "1", "t"})
_NO: Final = frozenset({"false", "no", "n", "0", "f"})
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_NUMBER: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?")


def says_nothing(value: Any, more: frozenset[str] = frozenset()) -> bool:
    """Whether a payer's word stands for "we do not know"."""
    if isinstance(value, bool | list | dict):
        return False
    return value is None or word_of(value) in _NOT_SAID | more


def as_text(value: Any) -> str | None:
    """A single value as text; None for a list or an object."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return " ".join(str(value).split())[:LONGEST] or None
    return None


def as_truth(value: Any) -> bool | None:
    """Yes, no or unknown."""
    word = word_of(value)
    return True if word in _YES else False if word in _NO else None


def as_number(value: Any) -> str | None:
    """A number from 0 in plain digits, a per cent sign and thousands taken away; else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    plain = str(value).strip().removesuffix("%").strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    return plain if _NUMBER.fullmatch(plain) else None
