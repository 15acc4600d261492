"""Identifiers of patients: normal forms, search keys, masks, and what looks wrong about them.

Sources: the shape 784-YYYY-NNNNNNN-C and its Luhn check digit are known from practice, not from
an official statement, so they only raise doubts. The placeholders are legal in the claim messages
of the authorities and name nobody. Nothing here is ever put into a message or an exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from portal.intake.luhn import luhn_digit, luhn_is_right

EMIRATES_ID = "EMIRATESID"
DHA_MEMBER_ID = "DHAMEMBERID"
PASSPORT = "PASSPORT"

SEARCH_KEY_LENGTH = 64
"""Upper-casing can lengthen text; a search key is cut there."""

_PREFIX = "784"
_USUAL = re.compile(r"784-[0-9]{4}-[0-9]{7}-[0-9]")
_FIFTEEN = re.compile(r"[0-9]{15}")
_DHA_MEMBER = re.compile(
    r"[A-Z0-9]{4}-?[A-Z0-9]{3}-?[A-Z0-9]{9}-?[A-Z0-9]{2}", re.IGNORECASE | re.ASCII
)
_PASSPORT = re.compile(r"[A-Z0-9]{6,15}", re.IGNORECASE | re.ASCII)
_PLACEHOLDERS = frozenset(digit * 15 for digit in "0129")

# Digits of Arabic and Persian keyboards, and what people and files put between the groups.
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_SEPARATORS = str.maketrans(
    "",
    "",
    " -\t\u00a0\u00ad\u2007\u2009\u200b\u200e\u200f\u2010\u2011\u2012\u2013\u2014"
    "\u202f\u2212\ufeff",
)


class Doubt(NamedTuple):
    """What looks wrong about an identifier: an issue code and words for staff."""

    code: str
    message: str


_SHAPE = Doubt(
    "emirates_id.shape", "An Emirates ID has 15 digits and starts with 784: 784-YYYY-NNNNNNN-C."
)
_CHECK_DIGIT = Doubt(
    "emirates_id.check_digit",
    "The check digit of this Emirates ID does not fit; compare it with the card.",
)
_PLACEHOLDER = Doubt(
    "emirates_id.placeholder", "This Emirates ID is a placeholder and names nobody."
)
_DHA_SHAPE = Doubt(
    "dha_member_id.shape", "A DHA member ID usually looks like XXXX-XXX-XXXXXXXXX-XX."
)
_PASSPORT_SHAPE = Doubt("passport.shape", "A passport number has 6 to 15 letters and digits.")

NOT_SENDABLE = frozenset({_SHAPE.code, _PLACEHOLDER.code})
"""Doubts that make a question impossible: such a row fails at its turn without a payer call."""


def normalise_emirates_id(text: str) -> str | None:
    """The 15 digits of an Emirates ID or placeholder, written in any usual way; else None."""
    if _USUAL.fullmatch(text):
        return text.replace("-", "")
    digits = text.translate(_DIGITS).translate(_SEPARATORS)
    return digits if _FIFTEEN.fullmatch(digits) else None


def is_placeholder(text: str) -> bool:
    """Whether this is 000-…-0, 111-…-1, 222-…-2 or 999-…-9."""
    return normalise_emirates_id(text) in _PLACEHOLDERS


def make_emirates_id(year: int, serial: int) -> str:
    """A made-up Emirates ID with a right check digit, for tests and demos.

    `year` has four digits; of `serial` the last seven count.
    """
    digits = f"{_PREFIX}{year:04d}{serial % 10_000_000:07d}"
    return f"{_PREFIX}-{digits[3:7]}-{digits[7:]}-{luhn_digit(digits)}"


def doubt_about(id_type: str, id_value: str) -> Doubt | None:
    """What looks wrong about this identifier; None for types that have no known shape."""
    check = DOUBTS.get(id_type)
    return check(id_value) if check else None


def search_key(id_type: str, id_value: str) -> str:
    """What equal identifiers share however they were written; "" for a placeholder.

    15 digits for an Emirates ID; for everything else, and for an Emirates ID that has not got
    its shape, the letters and digits in upper case.
    """
    return read_identifier(id_type, id_value)[0]


def read_identifier(id_type: str, id_value: str) -> tuple[str, Doubt | None]:
    """The search key and the doubt in one go: the road of bulk rows."""
    if id_type != EMIRATES_ID:
        return _letters(id_value), doubt_about(id_type, id_value)
    digits = normalise_emirates_id(id_value)
    if digits is None:
        return _letters(id_value), _SHAPE
    if digits.startswith(_PREFIX):
        return digits, None if luhn_is_right(digits) else _CHECK_DIGIT
    return ("", _PLACEHOLDER) if digits in _PLACEHOLDERS else (digits, _SHAPE)


def _letters(text: str) -> str:
    plain = text.replace("-", "")
    if plain.isascii() and plain.isalnum():
        return plain.upper()
    return "".join(filter(str.isalnum, text.translate(_DIGITS).upper()))[:SEARCH_KEY_LENGTH]


def mask(identifier: str) -> str:
    """The identifier as lists show it: its last 4 characters, never more than half of it."""
    shown = [character for character in identifier if character.isalnum()]
    kept = min(4, len(shown) // 2)
    return "••••" + "".join(shown[len(shown) - kept :]) if shown else ""


def _doubt_about_emirates_id(text: str) -> Doubt | None:
    return read_identifier(EMIRATES_ID, text)[1]


def _doubt_about_dha_member_id(text: str) -> Doubt | None:
    return None if _DHA_MEMBER.fullmatch(text) else _DHA_SHAPE


def _doubt_about_passport(text: str) -> Doubt | None:
    return None if _PASSPORT.fullmatch(text.replace(" ", "")) else _PASSPORT_SHAPE


DOUBTS: dict[str, Callable[[str], Doubt | None]] = {
    EMIRATES_ID: _doubt_about_emirates_id,
    DHA_MEMBER_ID: _doubt_about_dha_member_id,
    PASSPORT: _doubt_about_passport,
}
"""The identifier types whose shape is known; every other type is free text."""
