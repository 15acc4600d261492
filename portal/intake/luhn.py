"""The Luhn check (ISO/IEC 7812-1, annex B): one digit that gives most typing errors away."""

from __future__ import annotations

_CHUNK = 10_000
_OF_ONE = bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])  # what a doubled digit counts
_OF_TWO = bytes(_OF_ONE[pair // 10] + pair % 10 for pair in range(100))
# Four digits at a time: bulk rows are checked by the ten thousand.
_OF_FOUR = bytes(high + low for high in _OF_TWO for low in _OF_TWO)


def luhn_sum(digits: str) -> int:
    """The Luhn sum of ASCII digits, the last one taken as the check digit."""
    rest, total = int(digits), 0
    while rest:
        rest, chunk = divmod(rest, _CHUNK)
        total += _OF_FOUR[chunk]
    return total


def luhn_is_right(digits: str) -> bool:
    """Whether the last of these ASCII digits is the check digit of the others."""
    return luhn_sum(digits) % 10 == 0


def luhn_digit(digits: str) -> str:
    """The check digit to write behind these ASCII digits."""
    return str(-luhn_sum(digits + "0") % 10)
