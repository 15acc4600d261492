"""The fields of a practitioner as files name them, and the words people write over columns."""

from __future__ import annotations

import re
from typing import Final

ROW_ID: Final = "row_id"
VERSION: Final = "version"
RECORD_ID: Final = "_id"
LOGICAL_ID: Final = "logicalId"
INTEGRATION_ID: Final = "integrationId"
ISSUE_COLUMNS: Final = ("line", "pointer", "code", "message", "suggestion")
"""What the portal writes beside a row that was not accepted. Ignored when it comes back."""

TYPE: Final = "practitioners"
TEXTS: Final = (
    *("organizationId", "id", "npi", "name", "gender", "avatar", "summary", "qualification"),
    *("education", "supervisorId", "status"),
)
"""Fields that are one text, in the documented order."""
LISTS: Final = ("languages", "preferred_visiting_reasons")
OBJECTS: Final = {
    "specialties": ("code", "name"),
    "locations": ("locationId", "locationName"),
}
"""Fields that are lists of objects, with the keys of these."""
HOURS: Final = "workingHours"
DAYS: Final[tuple[str, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ENDS: Final = ("start", "end")
DOCUMENTED: Final = frozenset((*TEXTS, *LISTS, *OBJECTS, HOURS))
"""The fields of a practitioner's config, its type aside. A test holds them to the schema."""

_SAME: Final = {
    LOGICAL_ID: ("external id", "record id"),
    INTEGRATION_ID: ("integration",),
    "name": ("full name", "practitioner", "practitioner name", "doctor", "doctor name"),
    "npi": ("npi number",),
    "organizationId": ("organization", "organisation", "organisation id"),
    "qualification": ("qualifications", "credentials"),
    "supervisorId": ("supervisor",),
    "languages": ("language",),
    HOURS: ("hours", "schedule"),
}
_IGNORED = re.compile(r"[\s_\-]+")
_PLACE = re.compile(r"[0-9]{1,2}")


def squash(column: str) -> str:
    """A column's name without case, blanks, dashes and underscores; its dots stay."""
    return _IGNORED.sub("", column.strip().casefold())


_TOP: Final = {squash(name): name for name in (LOGICAL_ID, INTEGRATION_ID)} | {"_id": RECORD_ID}
_FIELD_OF: Final = {squash(name): name for name in sorted(DOCUMENTED | {"type"})} | {
    squash(word): name for name, words in _SAME.items() for word in words
}
_SPECIAL: Final = {squash(name): name for name in (ROW_ID, VERSION, *ISSUE_COLUMNS)}


def special(column: str) -> str | None:
    """The portal's own column of this name, if it is one."""
    return _SPECIAL.get(squash(column))


def path_of(column: str) -> tuple[str, ...] | None:
    """Where a column's value goes: ("npi",), ("specialties", "0", "code"), ("workingHours", "mon").

    A leading `config.` is the same as none. None for a column that nobody knows.
    """
    if column.strip() == RECORD_ID:
        return (RECORD_ID,)
    first, *rest = squash(column).removeprefix("config.").split(".")
    top = _TOP.get(first) or _FIELD_OF.get(first)
    if top is None:
        return None
    if not rest:
        return (top,)
    if top in LISTS:
        return (top, rest[0]) if len(rest) == 1 and _PLACE.fullmatch(rest[0]) else None
    if top in OBJECTS:
        return _inside_object(top, rest)
    return _inside_week(top, rest) if top == HOURS else None


def _inside_object(top: str, rest: list[str]) -> tuple[str, ...] | None:
    keys = {squash(key): key for key in OBJECTS[top]}
    if len(rest) == 2 and _PLACE.fullmatch(rest[0]) and rest[1] in keys:
        return (top, str(int(rest[0])), keys[rest[1]])
    return None


def _inside_week(top: str, rest: list[str]) -> tuple[str, ...] | None:
    day, *more = rest
    if day not in DAYS:
        return None
    if not more:
        return (top, day)
    if len(more) == 2 and _PLACE.fullmatch(more[0]) and more[1] in ENDS:
        return (top, day, str(int(more[0])), more[1])
    return None
