"""The documented keys of a record's objects, read off the schema: for finding keys that are not
documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin, get_type_hints

from typing_extensions import is_typeddict


@dataclass(frozen=True, slots=True)
class Outline:
    """One object's keys. `inside` are the keys that hold objects: (key, their outline, a list?)."""

    shape: Any
    keys: frozenset[str]
    inside: tuple[tuple[str, Outline, bool], ...]


def outline_of(shape: Any) -> Outline:
    """The outline of a typed dictionary of `schemas`."""
    hints = get_type_hints(shape)
    inside = tuple(
        (name, outline_of(inner), is_list)
        for name, hint in hints.items()
        for inner, is_list in _objects_in(hint)
    )
    return Outline(shape, frozenset(hints), inside)


def _objects_in(hint: Any) -> Iterator[tuple[type[Any], bool]]:
    """The typed dictionary that a field holds, or holds a list of; none for plain values."""
    for each in (hint, *get_args(hint)):
        if is_typeddict(each):
            yield each, False
        elif get_origin(each) is list and is_typeddict(get_args(each)[0]):
            yield get_args(each)[0], True
