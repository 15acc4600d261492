"""A batch's rows as a coloured strip: a segment for each state, in an order that never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eligibility.choices import Outcome, Status

State = tuple[str, str]
_WHOLE = 1_000.0
_NARROWEST = 6.0


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows in one state. `x` and `width` are thousandths of the strip, `look` a class of CSS."""

    word: str
    look: str
    count: int
    status: str
    outcome: str
    x: float = 0.0
    width: float = 0.0


_ORDER: tuple[tuple[str, str, str, str], ...] = (
    *(
        (str(outcome.label), outcome.value.replace("_", "-"), Status.DONE.value, outcome.value)
        for outcome in Outcome
    ),
    (str(Status.FAILED.label), "failed", Status.FAILED.value, ""),
    (str(Status.CANCELLED.label), "cancelled", Status.CANCELLED.value, ""),
    (str(Status.RUNNING.label), "running", Status.RUNNING.value, ""),
    (str(Status.WAITING.label), "waiting", Status.WAITING.value, ""),
    (str(Status.PENDING.label), "pending", Status.PENDING.value, ""),
)


def segments(by_state: Mapping[State, int]) -> list[Segment]:
    """The states that there are, each wide enough to be seen."""
    counts = [(each, by_state.get((each[2], each[3]), 0)) for each in _ORDER]
    present = [(each, count) for each, count in counts if count]
    total = sum(count for _, count in present)
    raw = [max(_WHOLE * count / total, _NARROWEST) for _, count in present]
    found, x = [], 0.0
    for ((word, look, status, outcome), count), width in zip(present, raw, strict=True):
        width = _WHOLE * width / sum(raw)
        found.append(Segment(word, look, count, status, outcome, round(x, 2), round(width, 2)))
        x += width
    return found
