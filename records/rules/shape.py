"""The faults of a row's shape in words: wrong JSON types, lengths and ids. Called for rows that
have one.

No message repeats what was sent. What was sent is the issue's `value`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from pydantic_core import ErrorDetails

from portal.intake.spelling import Speller
from portal.intake.text import storable
from records.rules.findings import Findings
from records.schemas import CONFIG_TYPES, DAYS, MOST_ITEMS, OBJECT_ID

_FORMS: Final = {
    "string_type": "text in quotes",
    "list_type": "a list: [...]",
    "dict_type": "an object: {...}",
}
_CODES: Final = {
    "string_pattern_mismatch": "objectid.pattern",
    "string_too_long": "text.too_long",
    "too_long": "text.too_long",
}
_IDS: Final = "must be 24 lower-case hex characters"
_OBJECT_ID: Final = re.compile(OBJECT_ID)
_TYPES: Final = Speller(dict.fromkeys(CONFIG_TYPES, ("practitioner", "provider", "doctor")))

Location = tuple[int | str, ...]


def refuse_type(config: dict[str, Any], found: Findings) -> None:
    """`config.type` is missing, no text, or a word that stands for nothing."""
    kind, known = config.get("type"), list(CONFIG_TYPES)
    supported = f"Supported: {', '.join(known)}."
    if kind is not None and not isinstance(kind, str):
        found.add("/config/type", "type.type", f"type must be text in quotes. {supported}", kind)
        return
    if kind:
        message = f"Records of this type cannot be stored. {supported}"
        suggestion = found.guesses.suggest(_TYPES, kind)
    else:
        message = f"type says what kind of record this is. {supported}"
        suggestion = known[0] if len(known) == 1 else None
    found.add("/config/type", "type.unsupported", message, kind, suggestion)


def refuse_config(row: dict[str, Any], found: Findings) -> None:
    """There is no `config`, or it is no object."""
    config = row.get("config")
    if config is None:
        message = "config is missing: it holds what the record says."
        found.add("/config", "config.missing", message, config)
    else:
        found.add("/config", "config.type", f"config must be {_FORMS['dict_type']}.", config)


def refuse(errors: Iterable[ErrorDetails], row: dict[str, Any], found: Findings) -> None:
    """Every fault that the schema named."""
    for error in errors:
        at, kind = error["loc"], error["type"]
        code = _CODES.get(kind) or f"{_field(at)}.type"
        if found.is_full(code):
            continue
        value = _value_at(row, at)
        if code == "objectid.pattern":
            found.add(pointer_of(at), code, *_of_id(value))
        elif code == "text.too_long":
            found.add(pointer_of(at), code, _of_length(error, value), value)
        else:
            found.add(pointer_of(at), code, *_of_type(at, kind, value))


def pointer_of(at: Location) -> str:
    """The JSON pointer of a place in a row; every key in it is a documented one."""
    return "".join(f"/{step}" for step in at)


def _field(at: Location) -> str:
    """The documented key under which the fault is: languages for /config/languages/0."""
    return str(at[1] if at[0] == "config" and len(at) > 1 else at[0])


def _value_at(row: Any, at: Location) -> Any:
    for step in at:
        row = row[step]
    return row


def _of_id(value: str) -> tuple[str, str, str | None]:
    """Message, value and suggestion for text that is no object id."""
    text = value.strip().lower()
    message = _IDS if text else f"{_IDS}; leave it out if there is none"
    return message, value, text if text != value and _OBJECT_ID.search(text) else None


def _of_length(error: ErrorDetails, value: Any) -> str:
    most = error["ctx"]["max_length"]
    if isinstance(value, list):
        return f"A list here may have {MOST_ITEMS} entries; this one has {len(value)}."
    return f"This may have {most:,} characters; it has {len(value):,}."


def _of_type(at: Location, kind: str, value: Any) -> tuple[str, Any, str | None]:
    """Message, value and suggestion for a wrong JSON type."""
    name = next(step for step in reversed(at) if isinstance(step, str))
    subject = f"Each entry of {name}" if isinstance(at[-1], int) else name
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string_type" and is_number:
        return f"{subject} must be text and came as a number: quote it.", value, _quoted(value)
    return f"{subject} must be {_FORMS.get(kind, 'of another form')}.", value, None


def _quoted(value: Any) -> str | None:
    """A whole number as the text it should have been; a fraction may have lost digits already."""
    return str(value) if isinstance(value, int) and abs(value) < 10**32 else None


def healed(row: dict[str, Any], errors: Iterable[ErrorDetails]) -> dict[str, Any]:
    """A copy of the row in which nothing is of a wrong shape, so that the rest can be judged.

    What is found at or under the places of these errors follows from them: see `is_under`.
    """
    copy: dict[str, Any] = storable(row)
    for error in errors:
        *way, last = error["loc"]
        parent = _value_at(copy, tuple(way))
        if error["type"] == "too_long":
            parent[last] = []
        elif isinstance(last, int):
            parent[last] = _STAND_INS[str(way[-1])]
        else:
            parent[last] = None
    return copy


_STAND_INS: Final[dict[str, Any]] = {
    "languages": "en",
    "preferred_visiting_reasons": "0" * 24,
    "specialties": {},
    "locations": {},
    **{day: {} for day in DAYS},
}


def is_under(pointers: Iterable[str]) -> Callable[[str], bool]:
    """Whether a pointer leads to one of these places or into it."""
    places = {*pointers} - {""}
    if not places:
        return lambda pointer: False

    def leads_there(pointer: str) -> bool:
        while pointer:
            if pointer in places:
                return True
            pointer = pointer[: pointer.rfind("/")]
        return False

    return leads_there
