from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from eligibility.engine.workers.interpreter import SHORT, take_short_turns


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    usual = sys.getswitchinterval()
    yield
    sys.setswitchinterval(usual)


def test_a_process_that_drains_lets_its_threads_take_short_turns() -> None:
    take_short_turns()

    assert sys.getswitchinterval() == pytest.approx(SHORT)


def test_turns_that_are_shorter_still_stay_so() -> None:
    sys.setswitchinterval(SHORT / 2)

    take_short_turns()

    assert sys.getswitchinterval() == pytest.approx(SHORT / 2)
