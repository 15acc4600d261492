"""Values that JSON can carry and a database cannot: found, named and made storable.

SQLite takes a NUL, a lone surrogate or NaN that PostgreSQL refuses, so they are looked for before
an insert, on both. The walk costs 1-2 microseconds a row; `may_hold_unstorable_text` looks at the
whole body first, so that a clean body's rows need no walk for their text.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

MAX_DEPTH = 50
"""Levels of lists and objects allowed inside a row; the row itself is not counted."""

NUL = "holds a NUL character"
SURROGATE = "holds half a character (a lone surrogate)"
NOT_FINITE = "is not a finite number"
TOO_DEEP = "is nested too deep"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_MOST_SHOWN = 200
_NESTED = (dict, list)


class Unstorable(NamedTuple):
    """One value that cannot be stored: a JSON pointer to it and the reason, in words."""

    pointer: str
    reason: str


def may_hold_unstorable_text(body: bytes) -> bool:
    """Whether a UTF-8 JSON body can hold a NUL or a surrogate; False is certain, True is not.

    In valid UTF-8 JSON both exist only as escapes. Numbers and depth are not looked at: a parser
    meets them anyway.
    """
    return b"\\u" in body and _ESCAPED.search(body) is not None


def find_unstorable(value: Any, max_depth: int = MAX_DEPTH) -> Unstorable | None:
    """The first part of a parsed JSON value that cannot be stored, or None."""
    return next(iter(list_unstorable(value, max_depth, limit=1)), None)


def list_unstorable(value: Any, max_depth: int = MAX_DEPTH, *, limit: int = 20) -> list[Unstorable]:
    """The parts of a parsed JSON value that cannot be stored, `limit` of them at most."""
    found: list[tuple[list[str], str]] = []
    _walk(value, max_depth, limit, found)
    return [Unstorable(_pointer(path), reason) for path, reason in found]


def storable(value: Any, max_depth: int = MAX_DEPTH) -> Any:
    """The value with what cannot be stored written out as visible text ("\\u0000", "inf")."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, _NESTED) and max_depth < 0:
        return f"({TOO_DEEP})"
    if isinstance(value, dict):
        return {storable_text(k): storable(v, max_depth - 1) for k, v in value.items()}
    if isinstance(value, list):
        return [storable(item, max_depth - 1) for item in value]
    return value


def storable_text(text: str) -> str:
    """The text with NUL and lone surrogates written as their JSON escapes."""
    if text.isascii() and "\0" not in text:
        return text
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return shown.replace("\0", "\\u0000")


def excerpt(value: Any) -> Any:
    """What was sent, storable and short enough to be echoed in an error: 200 characters."""
    if isinstance(value, str):
        text = storable_text(value[: _MOST_SHOWN + 1])
        return text if len(value) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
    if isinstance(value, dict):
        return f"(an object of {len(value)} values)"
    if isinstance(value, list):
        return f"(a list of {len(value)} values)"
    if isinstance(value, int) and not -(10**_MOST_SHOWN) < value < 10**_MOST_SHOWN:
        return "(a very long number)"
    return storable(value)


def _walk(value: Any, room: int, limit: int, found: list[tuple[list[str], str]]) -> None:
    """Collect (path from the inside out, reason); the path is written only where one is found."""
    if isinstance(value, str):
        if "\0" in value:
            found.append(([], NUL))
        elif not value.isascii() and _LONE_SURROGATE.search(value):
            found.append(([], SURROGATE))
    elif isinstance(value, _NESTED):
        if room < 0:
            found.append(([], TOO_DEEP))
        elif isinstance(value, dict):
            _walk_object(value, room, limit, found)
        else:
            _walk_list(value, room, limit, found)
    elif isinstance(value, float) and not math.isfinite(value):
        found.append(([], NOT_FINITE))


def _walk_object(
    value: dict[str, Any], room: int, limit: int, found: list[tuple[list[str], str]]
) -> None:
    for key, item in value.items():
        if (
            item.__class__ is str
            and item.isascii()
            and key.isascii()
            and "\0" not in item
            and "\0" not in key
        ):
            continue  # what nearly every field of nearly every row is
        before = len(found)
        _walk(key, room, limit, found)
        _walk(item, room - 1, limit, found)
        if len(found) == before:
            continue
        _add_step(found, before, key)
        if len(found) >= limit:
            del found[limit:]
            return


def _walk_list(value: list[Any], room: int, limit: int, found: list[tuple[list[str], str]]) -> None:
    for index, item in enumerate(value):
        if item.__class__ is str and item.isascii() and "\0" not in item:
            continue
        before = len(found)
        _walk(item, room - 1, limit, found)
        if len(found) == before:
            continue
        _add_step(found, before, str(index))
        if len(found) >= limit:
            return


def _add_step(found: list[tuple[list[str], str]], before: int, step: str) -> None:
    for path, _ in found[before:]:
        path.append(step)


def _pointer(path: list[str]) -> str:
    """The JSON pointer (RFC 6901) of a path that was collected from the inside out."""
    steps = (step.replace("~", "~0").replace("/", "~1") for step in reversed(path))
    return storable_text("".join(f"/{step}" for step in steps))
