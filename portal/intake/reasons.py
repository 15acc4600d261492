"""Why rows of a file were refused, or doubted: counted, told once, and kept between two chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.intake.issues import Issue


@dataclass(slots=True)
class Reason:
    """Why rows were rejected, or doubted: how many rows, and the words of the first one.

    `field` is the row's field, "" when it is about the row as a whole. The words never repeat
    what a row says.
    """

    code: str
    field: str
    message: str
    rows: int = 0


def count_issues(into: dict[str, Reason], issues: Iterable[Issue]) -> None:
    """Count each code and field once for the row that has these issues."""
    seen = set()
    for issue in issues:
        name = issue.pointer.lstrip("/")
        key = f"{issue.code}/{name}"
        if key not in seen:
            seen.add(key)
            into.setdefault(key, Reason(issue.code, name, issue.message)).rows += 1


def by_frequency(reasons: dict[str, Reason]) -> list[Reason]:
    """The commonest reason first."""
    order = Counter({key: reason.rows for key, reason in reasons.items()})
    return [reasons[key] for key, _ in order.most_common()]


def as_stored(reasons: dict[str, Reason]) -> list[list[Any]]:
    """The reasons as JSON."""
    return [[r.code, r.field, r.message, r.rows] for r in reasons.values()]


def from_stored(stored: Iterable[list[Any]]) -> dict[str, Reason]:
    """The reasons that `as_stored` wrote."""
    return {f"{code}/{name}": Reason(code, name, said, n) for code, name, said, n in stored}
