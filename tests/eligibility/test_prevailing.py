"""Which of several answers to the same question people see."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import pytest

from eligibility.choices import Outcome
from eligibility.results import contradicts, prevailing, prevails


@dataclass(frozen=True)
class Said:
    """An answer of a chain."""

    outcome: str
    created_at: int


def chain(*outcomes: str) -> list[Said]:
    """Answers in the order in which they were given."""
    return [Said(outcome, at) for at, outcome in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("outcomes", "winner"),
    [
        (("eligible", "undetermined"), 0),
        (("eligible", "not_eligible"), 0),
        (("not_eligible", "eligible"), 1),
        (("not_eligible", "member_not_found"), 0),
        (("not_eligible", ""), 0),
        (("undetermined", "", ""), 0),
        (("", "partial"), 1),
        (("eligible", "eligible", "undetermined"), 1),
        (("undetermined", "ambiguous_member"), 1),
        (("member_not_found", "undetermined"), 1),
        (("", ""), 1),
    ],
)
def test_the_best_class_prevails_and_in_it_the_newest(
    outcomes: tuple[str, ...], winner: int
) -> None:
    answers = chain(*outcomes)
    for order in permutations(answers):
        assert prevailing(order) == answers[winner]


def test_of_no_answers_none_prevails() -> None:
    assert prevailing([]) is None


@pytest.mark.parametrize("newer", ["", *Outcome.values])
@pytest.mark.parametrize("earlier", ["", *Outcome.values])
def test_one_by_one_and_all_at_once_come_to_the_same(newer: str, earlier: str) -> None:
    answers = chain(earlier, newer)
    assert prevails(newer, earlier) is (prevailing(answers) == answers[1])


def test_only_a_yes_and_a_no_contradict_each_other() -> None:
    pairs = {(a, b) for a in Outcome.values for b in Outcome.values if contradicts(a, b)}
    assert pairs == {("eligible", "not_eligible"), ("not_eligible", "eligible")}
