"""Come between the engine and its database: break one statement, or say another one instead.

Both reach every road a statement takes: Django's cursors, the driver's own on SQLite, a COPY and
the commit. They are for the thread that calls them: each has a connection of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connections

from portal.intake import insert


class Broken(OperationalError):
    """The error of the statement that was chosen to fail."""


class Fuse:
    """Lets so many statements pass and breaks the next one; commits count as statements."""

    def __init__(self, passes: int) -> None:
        self.passes = passes
        self.blown = False

    def burn(self) -> None:
        """Count one statement."""
        if self.passes == 0:
            self.passes, self.blown = -1, True
            raise Broken
        self.passes -= 1


class _Driver:
    """The driver's own connection, whose direct statements pass a function of ours first."""

    def __init__(self, driver: Any, passing: Callable[[str], str]) -> None:
        self._driver, self._passing = driver, passing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def execute(self, sql: str, *arguments: Any) -> Any:
        """A statement past Django."""
        return self._driver.execute(self._passing(sql), *arguments)


@contextmanager
def _between(passing: Callable[[str], str]) -> Iterator[None]:
    """Show every statement to `passing`, and run what it returns."""
    database: Any = connections["default"]
    database.ensure_connection()
    driver = database.connection
    if database.vendor == "sqlite":
        database.connection = _Driver(driver, passing)

    def execute(call: Callable[..., Any], sql: str, *others: Any) -> Any:
        return call(passing(sql), *others)

    try:
        with database.execute_wrapper(execute):
            yield
    finally:
        database.connection = driver


@contextmanager
def fused(fuse: Fuse) -> Iterator[None]:
    """Break the statement that the fuse chooses: Django's, the driver's, a COPY or the commit."""
    database: Any = connections["default"]

    def burn_first(work: Callable[..., Any]) -> Callable[..., Any]:
        def fused_work(*arguments: Any) -> Any:
            fuse.burn()
            return work(*arguments)

        return fused_work

    def passing(sql: str) -> str:
        fuse.burn()
        return sql

    commit, copy = database._commit, insert.copy_rows
    database._commit, insert.copy_rows = burn_first(commit), burn_first(copy)
    try:
        with _between(passing):
            yield
    finally:
        database._commit, insert.copy_rows = commit, copy


@dataclass(slots=True)
class Rewritten:
    """How many statements were said otherwise."""

    count: int = 0


@contextmanager
def rewritten(pattern: str, replacement: str = "") -> Iterator[Rewritten]:
    """Say every statement with `pattern` (a regular expression) replaced."""
    rewrote = Rewritten()

    def passing(sql: str) -> str:
        other = re.sub(pattern, replacement, sql)
        rewrote.count += other != sql
        return other

    with _between(passing):
        yield rewrote
