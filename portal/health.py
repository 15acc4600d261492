"""Is this portal alive, and is it fit to serve? Each app adds what only it can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """What one look came to. `facts` are numbers for people and never name a patient.

    Without an `essential` check the portal cannot take requests; any other one that is not ok
    means that work is not done as it should be, while requests are still stored.
    """

    name: str
    ok: bool
    facts: Facts = field(default_factory=dict)
    essential: bool = False


_checks: list[Callable[[], Check]] = []


def register(check: Callable[[], Check]) -> None:
    """Let an app's own look be part of `/readyz`. Called from its ready()."""
    if check not in _checks:
        _checks.append(check)


def look() -> list[Check]:
    """Every check's outcome; the apps' own are left out while the database cannot answer."""
    found = [_database()]
    if found[0].ok:
        found += [_migrations(), *(check() for check in _checks)]
    return found


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        connection.close()
        return Check("database", ok=False, essential=True)
    return Check("database", ok=True, facts={"vendor": connection.vendor}, essential=True)


def _migrations() -> Check:
    """Whether the database has every table and column that this code needs."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Check("migrations", ok=not plan, facts={"missing": len(plan)}, essential=True)
