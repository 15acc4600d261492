"""Which of several answers to the same question people see (product.md, "attempt chain").

Eligible prevails over not eligible, that over every other answer, any answer over none; of two
of the same class the newer one prevails. So a repeated question whose conversation failed, or
whose payer could not say, hides nothing that was known. What it says is never thrown away: the
chain shows it, and a clear answer that contradicts the prevailing one is somebody's to look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from eligibility.choices import Outcome

_CLASSES: dict[str, int] = {"": 0, Outcome.ELIGIBLE.value: 3, Outcome.NOT_ELIGIBLE.value: 2}
_ANY_OTHER = 1
_CLEAR = frozenset({Outcome.ELIGIBLE.value, Outcome.NOT_ELIGIBLE.value})


class Answered(Protocol):
    """Something with an outcome ("" for none) and the moment it was given."""

    @property
    def outcome(self) -> Any:
        """One of `choices.Outcome`, or empty."""

    @property
    def created_at(self) -> Any:
        """When it was given."""


Each = TypeVar("Each", bound=Answered)


def prevails(newer: str, earlier: str) -> bool:
    """Whether the newer of two outcomes of one question prevails; "" is no answer."""
    return _class_of(newer) >= _class_of(earlier)


def contradicts(newer: str, earlier: str) -> bool:
    """Whether one says yes and the other no."""
    return newer != earlier and {newer, earlier} <= _CLEAR


def told(own: str, answer: str, *, is_search: bool) -> str:
    """The outcome that people are told beside an answer: the row's `own`, or else the answer's.

    A search shows the best of several answers. Unless that is a yes, only its own outcome knows
    whether everybody answered; once a re-run has taken that away, the answer is no longer a no.
    """
    if own or not is_search or answer == Outcome.ELIGIBLE:
        return own if is_search and own else answer
    return Outcome.PARTIAL.value


def prevailing(answers: Iterable[Each]) -> Each | None:
    """The one that people see, of all answers to one question; None of none."""
    return max(answers, key=lambda each: (_class_of(each.outcome), each.created_at), default=None)


def _class_of(outcome: str) -> int:
    return _CLASSES.get(outcome, _ANY_OTHER)
