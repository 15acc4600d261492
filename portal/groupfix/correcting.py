"""One correction put into a row, wherever the row has the fault in question. Pure."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

_PLACE = re.compile(r"(?<=/)\d+(?=/|$)")
_RENAMED = "field.unknown"
"""The fault of a field whose name nobody knows: its correction is another name."""


class _Word:
    """A value that no row can have."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


ANY: Final = _Word("ANY")
"""As the faulty value of a correction: whatever stands there."""
SUGGESTED: Final = _Word("SUGGESTED")
"""As the wanted value of a correction: what the rules suggest for each fault."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be corrected in rows with one fault.

    `pattern` is the fault's JSON pointer with `*` for places in lists
    ("/config/languages/*"), `value` the faulty value as the errors give it, or ANY. `wanted`
    takes its place: JSON, None for "leave it empty", or SUGGESTED. Of a field that nobody knows
    the name is corrected.
    """

    code: str
    pattern: str
    value: Any
    wanted: Any

    def applies_to(self, error: dict[str, Any]) -> bool:
        """Whether this is the fault in question, and one for which there is a correction."""
        return (
            error.get("code") == self.code
            and pattern_of(error.get("pointer") or "") == self.pattern
            and (self.value is ANY or same(error.get("value"), self.value))
            and (self.wanted is not SUGGESTED or error.get("suggestion") is not None)
        )

    def wanted_for(self, error: dict[str, Any]) -> Any:
        """What takes the place of the faulty value."""
        return error["suggestion"] if self.wanted is SUGGESTED else self.wanted


def pattern_of(pointer: str) -> str:
    """The pointer with `*` for every place in a list."""
    return _PLACE.sub("*", pointer)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one: 1 and True are not, in Python they are."""
    return one == other and canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """A JSON value as text that equal values share."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def put(row: Any, error: dict[str, Any], wanted: Any) -> Any:
    """Put a value where the error is, in this very row; None empties the place.

    Returns the row, or the value itself where the error is about the whole row. A place that the
    row does not have changes nothing.
    """
    steps = steps_of(error["pointer"])
    if not steps:
        return wanted
    parent = value_at(row, steps[:-1])
    if isinstance(parent, dict):
        _put_into_object(parent, steps[-1], wanted, renamed=error["code"] == _RENAMED)
    elif isinstance(parent, list) and steps[-1].isdecimal() and int(steps[-1]) < len(parent):
        place = int(steps[-1])
        parent[place : place + 1] = [] if wanted is None else [wanted]
    return row


def corrected(
    row: Any,
    errors: Iterable[dict[str, Any]],
    correction: Correction,
    put_at: Callable[[Any, dict[str, Any], Any], Any] = put,
) -> Any:
    """The row with the correction at each of its faults in question; the row given stays as it is.

    `put_at` puts one value where one error is. Returns the row itself where nothing can be
    corrected: no such fault, no such place.
    """
    faults = [error for error in errors if correction.applies_to(error)]
    result = copy.deepcopy(row)
    # From the back, so that taking something out of a list moves nothing that is still to come.
    faults.sort(key=lambda error: _steps_in_order(error["pointer"]), reverse=True)
    for error in faults:
        result = put_at(result, error, correction.wanted_for(error))
    return row if same(result, row) else result


def _put_into_object(parent: dict[str, Any], name: str, wanted: Any, *, renamed: bool) -> None:
    if not renamed:
        parent[name] = wanted
    elif name in parent and (wanted is None or parent.get(str(wanted)) is None):
        value = parent.pop(name)
        if wanted is not None:
            parent[str(wanted)] = value


def value_at(row: Any, steps: Sequence[str]) -> Any:
    """What stands at this place of the row; None where there is no such place."""
    for step in steps:
        if isinstance(row, dict):
            row = row.get(step)
        elif isinstance(row, list) and step.isdecimal() and int(step) < len(row):
            row = row[int(step)]
        else:
            return None
    return row


def steps_of(pointer: str) -> list[str]:
    """A JSON pointer's steps, unescaped."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _steps_in_order(pointer: str) -> list[tuple[int, str]]:
    """A key by which places of a list stand in their order."""
    return [(int(step) if step.isdecimal() else -1, step) for step in steps_of(pointer)]
