"""Turns between the processes of one test run: a test that measures time runs by itself.

Two locked files, as in a corridor with one door: everybody takes the door for a moment, whoever
wants the room alone keeps it until the others have left, so that newcomers cannot starve it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def turn(place: Path, *, alone: bool) -> Iterator[None]:
    """Hold a turn, shared or alone, among all processes that name the same directory."""
    with ExitStack() as held:
        with _locked(place / "door.lock", fcntl.LOCK_EX):
            kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            held.enter_context(_locked(place / "room.lock", kind))
        yield


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    """The file, locked until the block ends; waits as long as it takes."""
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield
