"""How each field of a record is asked for: read off the schema's typed dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args, get_origin, get_type_hints

from django.conf import settings
from pydantic import StringConstraints
from typing_extensions import is_typeddict

from records.presentation.fields import LABELS, label
from records.rules.gender import GENDERS
from records.schemas import Place, Practitioner

_LONG = 1_000
"""Characters from which on a text is written in a larger box."""
_SHORT_BOX = frozenset({"avatar"})
_LEFT_OUT = frozenset({"type", "integrationId"})
"""The type is always the same so far; the integration is chosen from a list of its own."""


ID_LENGTH = 24


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    PROSE = "prose"
    CHOICE = "choice"
    LINES = "lines"
    TABLE = "table"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Column:
    """One part of the objects in a list."""

    name: str
    label: str
    most: int


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: `pointer` says where it is, `most` how many characters a text may have."""

    pointer: str
    label: str
    kind: Kind
    most: int = 300
    help: str = ""
    columns: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        """The last step of the pointer."""
        return self.pointer.rpartition("/")[2]

    @property
    def options(self) -> Options:
        """What a choice offers; empty for other fields."""
        offered = _CHOSEN.get(self.name)
        return offered() if offered else ()


_HELP: Final = {
    "logicalId": "Unique for each integration.",
    "npi": "10 digits.",
    "id": "The practitioner's id or licence in your system.",
    "languages": "One tag on each line, such as en or ar.",
    "supervisorId": "The 24-character id of another record.",
    "avatar": "A web address that begins with https://.",
    "preferred_visiting_reasons": "One 24-character id on each line.",
    "workingHours": "Such as 09:00-12:30, 13:30-17:00; empty for a day off.",
}
Options = tuple[tuple[str, str], ...]
"""(value, words)"""


def genders() -> Options:
    """What a gender may be."""
    return tuple((word, word.capitalize()) for word in GENDERS)


def statuses() -> Options:
    """What a status may be (RECORD_STATUSES)."""
    return tuple((word, word.capitalize()) for word in settings.RECORD_STATUSES)


_CHOSEN: Final[dict[str, Callable[[], Options]]] = {"gender": genders, "status": statuses}
_COLUMNS: Final = {"code": "Code", "locationId": "Id", "locationName": "Name"}
_FIRST: Final = ("name", "status", "npi", "id", "gender", "supervisorId")
_LAST: Final = ("organizationId", "logicalId")
_ORDER: Final = (*_FIRST, *(name for name in LABELS if name not in {*_FIRST, *_LAST}), *_LAST)


def fields_of(config: type[Any]) -> dict[str, FieldSpec]:
    """Every field of a row with such a config by its pointer, in the order of the form."""
    found = [
        _field(f"{prefix}/{name}", name, hint)
        for prefix, shape in (("", Place), ("/config", config))
        for name, hint in get_type_hints(shape, include_extras=True).items()
        if name not in _LEFT_OUT
    ]
    known = {name: place for place, name in enumerate(_ORDER)}
    found.sort(key=lambda spec: known.get(spec.name, len(known)))
    return {spec.pointer: spec for spec in found}


def _field(pointer: str, name: str, hint: Any) -> FieldSpec:
    parts = list(_walk(hint))
    most = next((m for part in parts if (m := _length(part)) is not None), 300)
    columns: tuple[Column, ...] = ()
    objects = [part for part in parts if is_typeddict(part)]
    lists = any(get_origin(part) is list for part in parts)
    if objects and lists:
        kind, columns = Kind.TABLE, _columns(objects[0])
    elif objects:
        kind = Kind.HOURS
    elif lists:
        kind = Kind.LINES
    elif name in _CHOSEN:
        kind = Kind.CHOICE
    else:
        kind = Kind.PROSE if most > _LONG and name not in _SHORT_BOX else Kind.TEXT
    return FieldSpec(pointer, label(name), kind, most, _HELP.get(name, ""), columns)


def _columns(shape: Any) -> tuple[Column, ...]:
    hints = get_type_hints(shape, include_extras=True)
    found = []
    for name, hint in hints.items():
        most = next((m for part in _walk(hint) if (m := _length(part)) is not None), 300)
        found.append(Column(name, _COLUMNS.get(name, label(name)), most))
    return tuple(found)


def _walk(hint: Any) -> Any:
    """The hint, and everything it is made of, down to objects."""
    yield hint
    if is_typeddict(hint):
        return
    for each in (*get_args(hint), *getattr(hint, "__metadata__", ())):
        yield from _walk(each)


def _length(part: Any) -> int | None:
    if not isinstance(part, StringConstraints):
        return None
    return part.max_length or (ID_LENGTH if part.pattern else None)


FIELDS: Final = fields_of(Practitioner)
"""The fields of a practitioner by pointer."""
