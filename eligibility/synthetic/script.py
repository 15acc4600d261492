"""The little language that steers the synthetic payer: "delay=1500;outcome=member_not_found".

Directives are separated by ";" or ",", in any order and case. At most one of them says how
the call ends badly; `outcome` says which answer it gets otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from eligibility.choices import Failure, Outcome

LONGEST_SCRIPT: Final = 500
LONGEST_DELAY_MS: Final = 600_000
LONGEST_LATER_S: Final = 86_400
MOST_TIMES: Final = 1_000


class Trick(StrEnum):
    """A way to misbehave on the wire, by its directive."""

    HANG = "hang"
    LOST = "lost"
    DRIP = "drip"
    GARBAGE = "garbage"
    OTHER_MEMBER = "other_member"
    OVERSIZE = "oversize"
    REFUSED = "refused"
    ERROR_500 = "500"
    UNAVAILABLE = "unavailable"
    THROTTLE = "throttle"
    LOGIN = "login"


TRICK_OF_FAILURE: Final[Mapping[Failure, Trick]] = {
    Failure.TIMEOUT: Trick.HANG,
    Failure.BAD_RESPONSE: Trick.GARBAGE,
    Failure.PAYER_UNAVAILABLE: Trick.UNAVAILABLE,
    Failure.THROTTLED: Trick.THROTTLE,
    Failure.CREDENTIALS: Trick.LOGIN,
}
"""Failures that a payer shows by its behaviour; it states the others in its answer."""

DIRECTIVES: Final[Mapping[str, str]] = {
    "delay=MS": "answers after so many milliseconds (at most 600000)",
    "later=SECONDS": "says at once that the answer will be there in so many seconds",
    "outcome=OUTCOME": "answers with this outcome, such as not_eligible",
    "failure=FAILURE": "ends in this failure class, such as provider_not_enrolled",
    "hang": "takes the call, never answers and later knows nothing of it",
    "lost": "takes the call and works it out, but its answer never arrives",
    "drip": "sends a byte of its answer now and then, for ever",
    "garbage": "answers with something that is not JSON",
    "other_member": "answers for another member than the one asked for",
    "oversize": "answers with far more than 1 MiB",
    "refused": "closes the connection without an answer",
    "500": "answers HTTP 500 (also error500)",
    "unavailable": "answers HTTP 503",
    "throttle[=SECONDS]": "answers HTTP 429, with Retry-After when seconds are given",
    "login": "answers HTTP 401, login refused",
    "at=PAYER": "does all this at this payer only (at=TPA002+TPA004: at these); others know nobody",
    "times=N": "does all this, outcome apart, only for the first N submits of a reference",
}
"""Every directive and what the synthetic payer then does; shown to people as it stands."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a row asked the synthetic payer to do. Times are seconds; None means not said.

    `at` are the codes of the payers that it holds for.
    """

    delay: float | None = None
    later: float | None = None
    outcome: Outcome | None = None
    failure: Failure | None = None
    trick: Trick | None = None
    retry_after: float | None = None
    times: int | None = None
    at: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class BrokenScript:
    """The directive that could not be understood, shortened."""

    directive: str


Fields = dict[str, Any]


@lru_cache(maxsize=1024)
def parse_script(text: str) -> Script | BrokenScript:
    """Read a script; the first directive that is unknown, doubled or out of range breaks it."""
    if len(text) > LONGEST_SCRIPT:
        return BrokenScript(_shortened(text))
    fields: Fields = {}
    for part in re.split("[;,]", text):
        directive = part.strip()
        if not directive:
            continue
        found = _read_directive(directive.lower())
        if found is None or found.keys() & fields.keys():
            return BrokenScript(_shortened(directive))
        fields |= found
        if "trick" in fields and "failure" in fields:
            return BrokenScript(_shortened(directive))
    return Script(**fields)


def _shortened(directive: str) -> str:
    """A directive as an error message may carry it."""
    return directive if len(directive) <= 40 else directive[:37] + "..."


def _read_directive(directive: str) -> Fields | None:
    """The fields that one directive sets, or None when it means nothing."""
    word, has_value, value = (piece.strip() for piece in directive.partition("="))
    if has_value:
        read = _WITH_VALUE.get(word)
        return read(value) if read else None
    if word == "error500":
        word = Trick.ERROR_500
    return {"trick": Trick(word)} if word in _TRICKS else None


def _number(value: str, most: float) -> float | None:
    """A number from 0 to `most`, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number <= most else None


def _read_delay(value: str) -> Fields | None:
    number = _number(value, LONGEST_DELAY_MS)
    return None if number is None else {"delay": number / 1000}


def _read_later(value: str) -> Fields | None:
    number = _number(value, LONGEST_LATER_S)
    return None if number is None else {"later": number}


def _read_outcome(value: str) -> Fields | None:
    return {"outcome": Outcome(value)} if value in Outcome.values else None


def _read_failure(value: str) -> Fields | None:
    if value not in Failure.values:
        return None
    failure = Failure(value)
    trick = TRICK_OF_FAILURE.get(failure)
    return {"trick": trick} if trick else {"failure": failure}


def _read_throttle(value: str) -> Fields | None:
    number = _number(value, LONGEST_LATER_S)
    return None if number is None else {"trick": Trick.THROTTLE, "retry_after": number}


def _read_times(value: str) -> Fields | None:
    if not (value.isascii() and value.isdecimal() and len(value) <= 4):
        return None
    return {"times": int(value)} if 1 <= int(value) <= MOST_TIMES else None


def _read_at(value: str) -> Fields | None:
    codes = [code.strip().upper() for code in value.split("+")]
    return {"at": frozenset(codes)} if all(codes) else None


_TRICKS: Final = frozenset(Trick)
_WITH_VALUE: Final[Mapping[str, Callable[[str], Fields | None]]] = {
    "delay": _read_delay,
    "later": _read_later,
    "outcome": _read_outcome,
    "failure": _read_failure,
    "throttle": _read_throttle,
    "times": _read_times,
    "at": _read_at,
}
