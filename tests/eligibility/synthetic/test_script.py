from __future__ import annotations

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.synthetic.script import (
    DIRECTIVES,
    TRICK_OF_FAILURE,
    BrokenScript,
    Script,
    Trick,
    parse_script,
)


@pytest.mark.parametrize("text", ["", "   ", ";;", " , ; "])
def test_a_blank_script_asks_for_nothing(text: str) -> None:
    assert parse_script(text) == Script()


def test_directives_combine_in_any_order_case_and_spacing() -> None:
    expected = Script(delay=1.5, outcome=Outcome.MEMBER_NOT_FOUND)

    assert parse_script("delay=1500;outcome=member_not_found") == expected
    assert parse_script(" OUTCOME = Member_Not_Found , Delay = 1500 ;") == expected


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_named(outcome: Outcome) -> None:
    assert parse_script(f"outcome={outcome.value}") == Script(outcome=outcome)


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_can_be_named_and_is_shown_as_a_payer_would_show_it(
    failure: Failure,
) -> None:
    script = parse_script(f"failure={failure.value}")

    assert isinstance(script, Script)
    assert script.trick == TRICK_OF_FAILURE.get(failure)
    assert script.failure == (None if failure in TRICK_OF_FAILURE else failure)


@pytest.mark.parametrize("trick", list(Trick))
def test_every_trick_is_a_directive_of_its_own(trick: Trick) -> None:
    assert parse_script(trick.value) == Script(trick=trick)


def test_the_documented_directives_are_those_that_are_understood() -> None:
    examples = {
        "delay=MS": "delay=5",
        "later=SECONDS": "later=2",
        "outcome=OUTCOME": "outcome=eligible",
        "failure=FAILURE": "failure=internal",
        "throttle[=SECONDS]": "throttle=3",
        "times=N": "times=2",
    }
    for name, meaning in DIRECTIVES.items():
        assert isinstance(parse_script(examples.get(name, name)), Script), name
        assert meaning
    assert {trick.value for trick in Trick} <= {name.partition("[")[0] for name in DIRECTIVES}


def test_a_throttle_may_name_its_seconds() -> None:
    assert parse_script("throttle=2.5") == Script(trick=Trick.THROTTLE, retry_after=2.5)
    assert parse_script("throttle") == Script(trick=Trick.THROTTLE)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("dealy=5", "dealy=5"),
        ("delay", "delay"),
        ("delay=", "delay="),
        ("delay=-1", "delay=-1"),
        ("delay=nan", "delay=nan"),
        ("delay=inf", "delay=inf"),
        ("delay=700000", "delay=700000"),
        ("later=1e9", "later=1e9"),
        ("outcome=maybe", "outcome=maybe"),
        ("failure=bad_luck", "failure=bad_luck"),
        ("hang=5", "hang=5"),
        ("times=0", "times=0"),
        ("times=1.5", "times=1.5"),
        ("times=1001", "times=1001"),
        ("times=²", "times=²"),
        ("hang; drip", "drip"),
        ("hang; failure=internal", "failure=internal"),
        ("failure=timeout;throttle", "throttle"),
        ("delay=1;outcome=eligible;delay=2", "delay=2"),
        ("eligible", "eligible"),
        ("=5", "=5"),
    ],
)
def test_a_directive_that_means_nothing_breaks_the_script_by_name(text: str, named: str) -> None:
    assert parse_script(text) == BrokenScript(named)


def test_a_broken_directive_is_named_in_short() -> None:
    broken = parse_script("x" * 400)
    endless = parse_script("hang;" * 1_000)

    assert isinstance(broken, BrokenScript)
    assert isinstance(endless, BrokenScript)
    assert len(broken.directive) == len(endless.directive) == 40
