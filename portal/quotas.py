"""Quotas of calls: so many a minute for each key, and for all keys of a team together.

Counted in fixed windows by one atomic statement, so that of any number of calls at once exactly
the quota passes. A call that its key's quota refuses does not count against the team's. A key
and the one that replaces it count as one key (`ApiKey.family`): a rotation doubles nothing.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

_COUNT = (
    "INSERT INTO {table} (scope, {window}, used) {values}"
    " ON CONFLICT (scope) DO UPDATE SET"
    " used = CASE WHEN {table}.{window} = excluded.{window} THEN {table}.used + 1 ELSE 1 END,"
    " {window} = excluded.{window} RETURNING used"
)
_TABLE = "portal_quotause"
_WINDOW = '"window"'  # a word of SQL


@dataclass(frozen=True, slots=True)
class Quota:
    """`calls` in every `seconds`, for whatever `name` says ("key", "team")."""

    name: str
    calls: int
    seconds: int

    @property
    def policy(self) -> str:
        """As RateLimit-Policy writes it."""
        return f'"{self.name}";q={self.calls};w={self.seconds}'


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a quota one caller has used in the window that ends in `resets_in` seconds."""

    quota: Quota
    calls: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        """Whether this very call was one too many."""
        return self.calls > self.quota.calls

    @property
    def left(self) -> str:
        """As RateLimit writes it."""
        left = max(self.quota.calls - self.calls, 0)
        return f'"{self.quota.name}";r={left};t={self.resets_in}'


def quotas() -> tuple[Quota, Quota]:
    """Those of a key and of a team, from the settings."""
    seconds = settings.QUOTA_SECONDS
    return (
        Quota("key", settings.QUOTA_CALLS_OF_KEY, seconds),
        Quota("team", settings.QUOTA_CALLS_OF_TEAM, seconds),
    )


def count_call(*, key_id: str, team_id: str, now: float | None = None) -> list[Used]:
    """Count one call. Returns what is used: of the key, and of its team unless the key is over."""
    of_key, of_team = quotas()
    now = time.time() if now is None else now
    window, into = divmod(int(now), of_key.seconds)
    scopes = [f"key:{key_id}", f"team:{team_id}"]
    counts = _counter().count(scopes, window, most=of_key.calls)
    resets_in = of_key.seconds - into
    return [
        Used(quota, calls, resets_in)
        for quota, calls in zip((of_key, of_team), counts, strict=False)
    ]


class _InPostgres:
    """Counts in an unlogged table, which all web servers share."""

    def count(self, scopes: Sequence[str], window: int, *, most: int) -> list[int]:
        """The uses of the first scope and, unless that is over `most`, of the second."""
        first = _COUNT.format(table=_TABLE, window=_WINDOW, values="VALUES (%s, %s, 1)")
        second = _COUNT.format(
            table=_TABLE, window=_WINDOW, values="SELECT %s, %s, 1 FROM first WHERE used <= %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH first AS ({first}), second AS ({second})"  # noqa: S608
                " SELECT 1, used FROM first UNION ALL SELECT 2, used FROM second ORDER BY 1",
                [scopes[0], window, scopes[1], window, most],
            )
            return [row[1] for row in cursor.fetchall()]


class _InFile:
    """Counts in a small SQLite file beside the portal's own: no call waits for an intake's lock.

    An SQLite portal is one machine, so all its web processes see that file.
    """

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(
            path, timeout=20, isolation_level=None, check_same_thread=False
        )
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=OFF",
            "CREATE TABLE IF NOT EXISTS uses"
            " (scope TEXT PRIMARY KEY, at INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID",
        ):
            self._file.execute(statement)

    def count(self, scopes: Sequence[str], window: int, *, most: int) -> list[int]:
        """The uses of the first scope and, unless that is over `most`, of the second."""
        statement = _COUNT.format(table="uses", window="at", values="VALUES (?, ?, 1)")
        with self._lock:
            used = self._use(statement, scopes[0], window)
            return [used] if used > most else [used, self._use(statement, scopes[1], window)]

    def _use(self, statement: str, scope: str, window: int) -> int:
        return int(self._file.execute(statement, (scope, window)).fetchall()[0][0])


_files: dict[str, _InFile] = {}
_opening = threading.Lock()


def _counter() -> _InPostgres | _InFile:
    """Where this portal counts."""
    if connection.vendor == "postgresql":
        return _InPostgres()
    path = _path_of(connection.settings_dict["NAME"])
    with _opening:
        if path not in _files:
            _files[path] = _InFile(path)
        return _files[path]


def _path_of(database: Any) -> str:
    name = str(database)
    in_memory = name == ":memory:" or "mode=memory" in name
    return ":memory:" if in_memory else str(Path(f"{name}-quota"))
