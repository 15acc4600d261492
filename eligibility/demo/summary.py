"""What became of the rows of one run: counted, checked, and told."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eligibility.demo.tally import Tally

_WIDEST: Final = 110
_NAMES: Final = 28


@dataclass(slots=True)
class Reason:
    """Why rows were rejected: each row counts once, under the first of its errors."""

    code: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One run in numbers. `seconds` from sending the rows to the last of them being final."""

    sent: int
    accepted: int
    rejected: int
    reasons: Sequence[Reason]
    tally: Tally
    seconds: float

    def faults(self) -> list[str]:
        """What is wrong: sums that do not add up, or no answer at all; empty when all is well."""
        rejections = sum(reason.count for reason in self.reasons)
        sums = {
            f"accepted {self.accepted} + rejected {self.rejected} is not the {self.sent} sent": (
                self.accepted + self.rejected == self.sent
            ),
            f"{rejections} rows have a reason, {self.rejected} were rejected": (
                rejections == self.rejected
            ),
            f"{self.accepted} rows were accepted, the batch has {self.tally.total}": (
                self.tally.total == self.accepted
            ),
            f"{self.tally.final} of {self.accepted} accepted rows are final": (
                self.tally.final == self.accepted
            ),
            "no accepted row was answered by a payer": self.tally.outcomes.total() > 0,
        }
        return [fault for fault, is_right in sums.items() if not is_right]

    def lines(self) -> list[str]:
        """The summary for a terminal."""
        answered, failed = self.tally.outcomes, self.tally.failures
        pace = self.accepted / max(self.seconds, 0.001)
        return [
            _line(2, "accepted", self.accepted),
            _line(2, "rejected", self.rejected),
            *(_line(4, reason.code, reason.count, reason.example) for reason in self.reasons),
            "",
            _line(2, "answered", answered.total()),
            *_counts(answered),
            _line(2, "failed", failed.total()),
            *_counts(failed),
            *([_line(2, "cancelled", self.tally.cancelled)] if self.tally.cancelled else []),
            "",
            f"  {self.accepted} rows in {self.seconds:.1f} s, {pace:.0f} rows/s",
        ]


def reasons(errors: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """The error details of a bulk answer by code, the commonest first; a row counts once."""
    first: dict[int, Mapping[str, Any]] = {}
    for error in errors:
        first.setdefault(error["row"], error)
    found: dict[str, Reason] = {}
    for error in first.values():
        reason = found.setdefault(error["code"], Reason(error["code"], 0, error["message"]))
        reason.count += 1
    return sorted(found.values(), key=lambda reason: (-reason.count, reason.code))


def _line(indent: int, name: str, count: int, text: str = "") -> str:
    """One line, its count under the other counts, its text cut to fit the terminal."""
    left = f"{' ' * indent}{name:<{_NAMES - indent}} {count:>5}"
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    room = max(width - len(left) - 3, 20)
    return f"{left}  {textwrap.shorten(text, room, placeholder=' …')}".rstrip()


def _counts(counts: Counter[Any]) -> list[str]:
    """Codes and counts, the commonest first."""
    return [_line(4, str(code.value), count) for code, count in counts.most_common()]
