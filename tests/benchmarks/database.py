"""A database of one's own for one benchmark process, set up as in production."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.postgres import throwaway_postgres
from tests.production import production

DATABASES = ("sqlite", "postgres")


@contextmanager
def fresh_database(kind: str) -> Iterator[None]:
    """Django, set up on an empty migrated database that is removed afterwards.

    SQLite is a file with the portal's own PRAGMAs; PostgreSQL is a server with its default
    durability. Once in a process: Django reads its settings once. Raises cluster.Missing.
    """
    with _address(kind) as url:
        os.environ.update(production(url, DJANGO_SETTINGS_MODULE="portal.settings"))
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0, skip_checks=True)
        try:
            yield
        finally:
            connections.close_all()


@contextmanager
def _address(kind: str) -> Iterator[str]:
    if kind == "postgres":
        with throwaway_postgres(fsync=True) as server, _database_of_its_own(server) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as directory:
        yield f"sqlite:///{Path(directory) / 'bench.sqlite3'}"


@contextmanager
def _database_of_its_own(server: str) -> Iterator[str]:
    """A database made and dropped: the server may be somebody's own (TEST_POSTGRES_URL)."""
    name = f"bench_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def versions() -> dict[str, Any]:
    """What the figures were measured with."""
    import django
    from django.db import connection

    found = {
        "python": platform.python_version(),
        "django": django.get_version(),
        "psycopg": psycopg.__version__,
        "sqlite": sqlite3.sqlite_version,
        "postgres": None,
    }
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            found["postgres"] = cursor.fetchone()[0]
    return found
