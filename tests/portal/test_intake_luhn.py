from __future__ import annotations

from portal.intake.luhn import luhn_digit, luhn_is_right


def test_the_standards_own_example_is_right() -> None:
    assert luhn_is_right("79927398713")
    assert not luhn_is_right("79927398710")
    assert luhn_digit("7992739871") == "3"


def test_leading_zeros_count_for_nothing() -> None:
    assert luhn_is_right("00079927398713")


def test_neighbours_that_changed_places_are_noticed() -> None:
    assert not luhn_is_right("79927389713")
