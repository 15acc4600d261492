"""What a row becomes when the suggestion of a fault is taken.

Most suggestions replace the value at the fault's pointer. Two do not: an unknown field moves to
the name that was meant, and working hours are given by the day (`week`).
"""

from __future__ import annotations

import copy
from typing import Any, Final

_MOVES: Final = frozenset({"field.unknown", "hours.day"})
_DAYS: Final = frozenset({"hours.order", "hours.overlap"})


def take(row: Any, *, pointer: str, code: str, suggestion: Any) -> Any:
    """A copy of the row with the suggestion taken; the row itself is left alone.

    Returns None when the suggestion has no place in this row (any more): the pointer leads
    nowhere, or the place where an unknown field should move to is taken.
    """
    changed = copy.deepcopy(row)
    way = [each.replace("~1", "/").replace("~0", "~") for each in pointer.split("/")[1:]]
    if not way or suggestion is None:
        return None
    try:
        if code in _MOVES:
            done = _move(changed, way, str(suggestion))
        elif code in _DAYS:
            done = _set_days(_at(changed, way[:-2]), suggestion)
        else:
            done = _set(_at(changed, way[:-1]), way[-1], suggestion)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    return changed if done else None


def _at(value: Any, way: list[str]) -> Any:
    for each in way:
        value = value[int(each) if isinstance(value, list) else each]
    return value


def _set(parent: Any, name: str, value: Any) -> bool:
    parent[int(name) if isinstance(parent, list) else name] = value
    return True


def _set_days(week: Any, days: Any) -> bool:
    week.update(days)
    return True


def _move(row: Any, way: list[str], to: str) -> bool:
    """Give the field its right name; `config.npi` leads into the config."""
    parent, name = _at(row, way[:-1]), way[-1]
    target = parent
    *inside, last = to.split(".")
    for each in inside:
        target = target.setdefault(each, {})
    if target.get(last) is not None:
        return False
    target[last] = parent.pop(name)
    return True
