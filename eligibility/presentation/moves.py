"""What a button did, or would do: how many checks move, how many stay and why."""

from __future__ import annotations

from collections.abc import Mapping

EARLIER_STAYS = "Earlier answers stay to be seen until there are new ones."
LATE_IS_KEPT = "A call that has left already may still be answered: that answer is kept as late."


def checks(count: int) -> str:
    """ "1 check", "1,204 checks"."""
    return "1 check" if count == 1 else f"{count:,} checks"


def stays(stayed: Mapping[str, int]) -> list[str]:
    """Those that stay as they are, reason by reason, most of them first."""
    most_first = sorted(stayed.items(), key=lambda each: -each[1])
    return [f"{_as_it_is(count)}: {reason}." for reason, count in most_first if count]


def _as_it_is(count: int) -> str:
    return f"{checks(count)} stays as it is" if count == 1 else f"{checks(count)} stay as they are"


def outcome(moved: int, did: str, stayed: Mapping[str, int]) -> str:
    """The message afterwards: "24 checks are in line again. 2 stayed: already in line"."""
    verb = "is" if moved == 1 else "are"
    sentence = f"{checks(moved)} {verb} {did}." if moved else f"No check is {did}."
    left = ", ".join(f"{count:,} {reason}" for reason, count in stayed.items() if count)
    return f"{sentence} Left as they were: {left}." if left else sentence
