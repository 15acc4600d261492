"""The documented keys of a record's objects, read off the schema: for finding keys that are not
documented, and for adding those that were left out.
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
    blank: dict[str, None]
    inside: tuple[tuple[str, Outline, bool], ...]


def outline_of(shape: Any) -> Outline:
    """The outline of a typed dictionary of `schemas`."""
    hints = get_type_hints(shape)
    inside = tuple(
        (name, outline_of(inner), is_list)
        for name, hint in hints.items()
        for inner, is_list in _objects_in(hint)
    )
    return Outline(shape, frozenset(hints), dict.fromkeys(hints), inside)


def _objects_in(hint: Any) -> Iterator[tuple[type[Any], bool]]:
    """The typed dictionary that a field holds, or holds a list of; none for plain values."""
    for each in (hint, *get_args(hint)):
        if is_typeddict(each):
            yield each, False
        elif get_origin(each) is list and is_typeddict(get_args(each)[0]):
            yield get_args(each)[0], True


def completed(value: dict[str, Any], outline: Outline) -> dict[str, Any]:
    """The object with every documented key, absent ones None. Its own lists may be changed."""
    if len(value) < len(outline.blank):
        value = {**outline.blank, **value}
    for name, inner, is_list in outline.inside:
        part = value[name]
        if part is None:
            continue
        if not is_list:
            value[name] = completed(part, inner)
            continue
        width, leaf = len(inner.blank), not inner.inside
        for index, item in enumerate(part):
            if not leaf or len(item) < width:
                part[index] = completed(item, inner)
    return value
