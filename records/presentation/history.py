"""What happened to a record, field by field, as a page tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from records.presentation.fields import DAY_LABELS, label
from records.presentation.values import said

Difference = tuple[str, str, str]
"""(field, before, after) in words"""


@dataclass(frozen=True, slots=True)
class Told:
    """One change: what, by whom, by which road, when; and what it changed."""

    word: str
    icon: str
    colour: str
    who: str
    road: str
    when: str
    version: int
    differences: list[Difference]


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """The fields that differ between two rows ({"logicalId", "integrationId", "config"})."""
    old, new = dict(_fields(before)), dict(_fields(after))
    names = dict.fromkeys([*new, *old])
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def _fields(row: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """(label, value) of every field; each day of the working hours is a field of its own."""
    if row is None:
        return
    for name in ("logicalId", "integrationId"):
        yield label(name), said(row.get(name))
    config = row.get("config")
    for name, value in (config if isinstance(config, Mapping) else {}).items():
        if name == "workingHours" and isinstance(value, Mapping):
            for day, day_name in DAY_LABELS.items():
                yield f"Hours on {day_name}", said(value.get(day))
        elif name != "workingHours":
            yield label(name), said(value)
