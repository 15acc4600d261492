"""The columns that a file of checks may have, and the words people write over them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from eligibility.files.appointments import APPOINTMENT, NOTE
from eligibility.schemas import DISPLAY_NAMES, WIRE_NAMES

REQUIRED: Final = ("id_value", "id_type", "tpa_name")
"""Without these columns no row of a file can be accepted."""
DATES: Final = frozenset({"dob", "service_date", APPOINTMENT, "scheduled_for"})
"""Fields in which a spreadsheet's bare number is a day."""
ROW_ID: Final = "row_id"
VERSION: Final = "version"
ISSUE_COLUMNS: Final = ("line", "field", "code", "message", "suggestion")
"""What the portal writes beside a row that was not accepted. Ignored when it comes back."""
FIELDS: Final = WIRE_NAMES | DISPLAY_NAMES | {NOTE}

_SAME: Final = {
    "id_value": ("identifier", "id number", "id no"),
    "id_type": ("identifier type", "type of id"),
    "tpa_name": ("tpa", "tpa code", "payer", "payer code"),
    "visit_type": ("type of visit",),
    "name": ("patient name", "patient", "full name", "patient full name"),
    "dob": ("date of birth", "birth date", "birthday"),
    "phone": ("phone number", "mobile", "mobile number", "mobile no", "telephone"),
    "doctorName": ("doctor", "clinician", "clinician name", "physician"),
    "payerName": ("insurer", "insurer name"),
    "client_reference": ("reference", "external id", "appointment id", "booking id"),
    "service_date": ("visit date", "date of visit", "date of service"),
    APPOINTMENT: ("appointment time", "appointment date", "appointment date and time"),
    "insurance_as_written": ("insurance",),
    "extra_args": ("extra arguments",),
    NOTE: ("notes", "remarks"),
}
_PERHAPS: Final = {
    "id_value": ("emirates id", "eid", "member id", "member number", "card number", "card no"),
    "tpa_name": ("insurance company", "insurance code", "insurance provider"),
    "client_reference": ("mrn", "file number", "patient id", "visit id"),
    "service_date": ("date", "day"),
}
_NOT_ALNUM = re.compile(r"[\W_]+")
_LONGEST = 80


def squash(text: str) -> str:
    """The letters and digits alone, case forgotten."""
    return _NOT_ALNUM.sub("", text.casefold())


_FIELD_OF: Final = {squash(name): name for name in sorted(FIELDS)} | {
    squash(word): name for name, words in _SAME.items() for word in words
}
_LIKELY: Final = {squash(word): name for name, words in _PERHAPS.items() for word in words}
_SPECIAL: Final = {squash(name): name for name in (ROW_ID, VERSION, *ISSUE_COLUMNS)}


def field_of(column: str) -> str | None:
    """The field that a column is beyond doubt: its name or a usual word for it, in any case."""
    return _FIELD_OF.get(squash(column))


def special(column: str) -> str | None:
    """The portal's own column of this name, if it is one."""
    return _SPECIAL.get(squash(column))


def suggest(column: str) -> str | None:
    """The field that a column may be: by a word often written for it, or nearly its name."""
    word = squash(column)
    if not word or len(word) > _LONGEST:
        return None
    return _LIKELY.get(word) or slip_of(column) or _near(word, 0.75)


def slip_of(column: str) -> str | None:
    """The field whose name this is but for a slip of the finger: one letter more, less or other."""
    word = squash(column)
    near = _near(word, 0.75) if 3 < len(word) <= _LONGEST else None
    known = [each for each, name in _FIELD_OF.items() if name == near]
    return near if any(_is_slip(word, each) for each in known) else None


def _near(word: str, least: float) -> str | None:
    found = get_close_matches(word, _FIELD_OF, 1, least)
    return _FIELD_OF[found[0]] if found else None


def _is_slip(one: str, other: str) -> bool:
    """Whether the words differ by one letter, or by two neighbours that changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    rest, left = one[start:], other[start:]
    swapped = len(rest) > 1 and rest[1::-1] + rest[2:] == left
    return swapped or rest[1:] in (left, left[1:]) or rest == left[1:]
