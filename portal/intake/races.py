"""Transactions that may lose a race against another request, and are then done again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, transaction

_RACES_BEFORE_GIVING_UP = 10
_LOST_RACES = frozenset({"40P01", "40001"})
"""SQLSTATE of a deadlock and of a serialization failure: nothing was stored, try again."""

T = TypeVar("T")


def winning_races(store: Callable[[], T], *, unique: str) -> T:
    """Do this in a transaction; when another one was faster, do it again from the beginning.

    `unique` is in the name of the constraint (or, on SQLite, of a column of it) that the faster
    one may have used up; a violation of any other is raised. `store` may run several times.
    """
    for races_left in reversed(range(_RACES_BEFORE_GIVING_UP)):
        try:
            with transaction.atomic():
                return store()
        except DatabaseError as error:
            if not races_left or not lost_a_race(error, unique):
                raise
    raise AssertionError("the last race is either won or raised")


def lost_a_race(error: DatabaseError, unique: str) -> bool:
    """Another transaction took this value first, or each waited for the other."""
    if isinstance(error, IntegrityError):
        return unique in str(error)
    return getattr(error.__cause__, "sqlstate", None) in _LOST_RACES
