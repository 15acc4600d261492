"""Who looks on while a file's rows come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from portal.intake.issues import Issue

Report = TypeVar("Report")
Row = TypeVar("Row")


def _nobody(report: Any) -> None:
    """Nobody looks on."""


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Watch(Generic[Report, Row]):
    """Who looks on: after each chunk, at each row that is refused, and whether to go on.

    `refused` hears of every row of the file that is not in, as its reader gave it, and why. That
    includes rows that an earlier run of the same file rejected and that are still open.
    """

    progress: Callable[[Report], None] = _nobody
    refused: Callable[[Row, Sequence[Issue]], None] | None = None
    keep_going: Callable[[], bool] = _always
