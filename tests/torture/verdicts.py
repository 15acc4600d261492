"""One judgement of the campaign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

MOST_SHOWN = 10


@dataclass
class Verdict:
    """One judgement: how many were looked at, how many offend, and the first of them."""

    name: str
    examined: int
    violations: int = 0
    shown: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, examined: int, offenders: Iterable[Any]) -> Verdict:
        """The verdict over these offenders."""
        found = [str(each) for each in offenders]
        return cls(name, examined, len(found), found[:MOST_SHOWN])

    def as_json(self) -> dict[str, Any]:
        """For the raw file."""
        return asdict(self)
