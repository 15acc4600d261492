"""What the rules found in one row, sorted into errors and warnings by the table of severities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from portal.intake.issues import Issue
from portal.intake.spelling import Speller
from portal.intake.text import excerpt
from records.rules.severity import Severity, severity

_Of = TypeVar("_Of")
_Made = TypeVar("_Made")

MOST_NAMED: Final = 20
"""Faults of one kind that are named one by one in a row; the rest are counted."""

MOST_GUESSES: Final = 1_000
"""Words of one request that are compared with the known ones; a hostile body has a million."""


class Guesses:
    """Suggestions for misspelt words, and what they need, remembered for one request."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str | None] = {}
        self._made: dict[Callable[[Any], Any], Any] = {}

    def once(self, make: Callable[[_Of], _Made], of: _Of) -> _Made:
        """What `make` makes of this, made at the first call; `of` is the same in all calls."""
        if make not in self._made:
            self._made[make] = make(of)
        made: _Made = self._made[make]
        return made

    def suggest(self, speller: Speller, text: str) -> str | None:
        """What the text probably stands for; None as well when too many were asked for."""
        key = (id(speller), text)
        if key not in self._known:
            if len(self._known) >= MOST_GUESSES:
                return None
            self._known[key] = speller.suggest(text)
        return self._known[key]


class Findings:
    """The faults of one row. Values are shortened, and of each kind of fault 20 are named.

    `follows` tells pointers of which nothing is kept: what is found there follows from a fault
    that is known already.
    """

    __slots__ = ("_counts", "errors", "follows", "guesses", "profile", "warnings")

    def __init__(
        self, profile: str, guesses: Guesses, follows: Callable[[str], bool] | None = None
    ) -> None:
        self.profile = profile
        self.guesses = guesses
        self.follows = follows
        self.errors: list[Issue] = []
        self.warnings: list[Issue] = []
        self._counts: dict[str, int] = {}

    def add(
        self, pointer: str, code: str, message: str, value: Any = None, suggestion: Any = None
    ) -> None:
        """One more fault; nothing is kept of one that does not matter under the profile."""
        kept = self._list_for(code)
        if kept is None or (self.follows is not None and self.follows(pointer)):
            return
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= MOST_NAMED:
            kept.append(Issue(pointer, code, message, excerpt(value), suggestion))

    def is_full(self, code: str, more: int = 1) -> bool:
        """Whether enough faults of this kind are named; these `more` are counted then, no more."""
        count = self._counts.get(code, 0)
        if count < MOST_NAMED or self.follows is not None:
            return False
        self._counts[code] = count + more
        return True

    def take(self, others: Findings) -> None:
        """What else was found."""
        self.errors += others.errors
        self.warnings += others.warnings

    def count_the_rest(self) -> None:
        """Say how many faults of each kind were not named."""
        for code, count in self._counts.items():
            kept = self._list_for(code)
            if count > MOST_NAMED and kept is not None:
                message = f"{count - MOST_NAMED} more places have the same fault."
                kept.append(Issue("", code, message))

    def _list_for(self, code: str) -> list[Issue] | None:
        found = severity(code, self.profile)
        if found is Severity.OFF:
            return None
        return self.errors if found is Severity.ERROR else self.warnings


def step(name: str) -> str:
    """One step of a JSON pointer, for a key that the sender made up; a long one is cut."""
    return "/" + str(excerpt(name)).replace("~", "~0").replace("/", "~1")
