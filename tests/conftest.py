"""How the tests run: on which database, in which order, and who may use the machine alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django.live_server_helper import LiveServer

from tests.turns import turn

pytest_plugins = ("tests.browser", "tests.cast")

DATABASE_FIXTURES = {
    "database_url",
    "db",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    "live_server",
    "transactional_db",
}

ON_BOTH = {
    "test_audit_log",
    "test_batches",
    "test_day_filters",
    "test_every_address",
    "test_every_page",
    "test_failed_filters",
    "test_lanes",
    "test_tasks",
    "test_worklist",
}
"""Tests of the staff's pages that ask what a database could answer otherwise: every page and filter
is opened, lists are searched and grouped. What other pages say and do is asked on SQLite alone:
their buttons call operations, which are tested on both, and the browser's stories run on both."""

WHOLE_FIXTURES = {"browser", "live_server"}

# A shared machine may be slow for a moment; what is slow for good is measured by the benchmarks.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `db` what is about the database: those tests run once more on PostgreSQL (`-m db`).

    What needs a browser is `whole`, as are the modules that say so: `make quick` leaves it out.
    """
    on_postgres = os.environ["DATABASE_URL"].startswith(("postgres:", "postgresql:"))
    wrong, right = ("sqlite_only", "SQLite") if on_postgres else ("postgres_only", "PostgreSQL")
    for item in items:
        if _touches_the_database(item) and not _is_of_pages_alone(item):
            item.add_marker(pytest.mark.db)
        if WHOLE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.whole)
        if item.get_closest_marker(wrong):
            item.add_marker(pytest.mark.skip(reason=f"it is about {right}"))


def _touches_the_database(item: pytest.Item) -> bool:
    """By its mark or by a fixture, its own or one that another fixture asks for.

    Benchmarks measure both databases in either run.
    """
    if item.get_closest_marker("bench") is not None:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def _is_of_pages_alone(item: pytest.Item) -> bool:
    return item.path.parent.name == "admin" and item.path.stem not in ON_BOTH


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give SQLite a file for each test process: the engine's threads and processes share it."""
    from django.db import connections

    database = connections["default"]
    if database.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "portal.sqlite3"
        database.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database's address, for a process that a test starts (as its DATABASE_URL)."""
    from django.db import connection

    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    login = f"{quote(at['USER'], safe='')}:{quote(at['PASSWORD'], safe='')}"
    return f"postgres://{login}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, live_server: LiveServer) -> LiveServer:
    """The server of pytest-django, started when the test database is there.

    Before that, SQLite's name is the one in memory, and the server would share the tests' own
    connection among its threads: two requests at once on it break the process.
    """
    return live_server


@pytest.fixture(autouse=True)
def turn_of_this_test(
    request: pytest.FixtureRequest, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Let a test marked `alone` run while no other process of this run does."""
    if worker_id == "master":
        yield
        return
    shared: Path = tmp_path_factory.getbasetemp().parent
    with turn(shared, alone=request.node.get_closest_marker("alone") is not None):
        yield
