from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import checks
from portal.durability import durability_faults

PEPPER = "p" * 32


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("pepper", "secret", "found"),
    [
        (PEPPER, "another", []),
        ("p" * 31, "another", ["portal.E001"]),
        ("", "another", ["portal.E001"]),
        (PEPPER, PEPPER, ["portal.E002"]),
    ],
)
def test_a_weak_or_shared_pepper_is_refused_in_production(
    settings: Any, pepper: str, secret: str, found: list[str]
) -> None:
    settings.API_KEY_PEPPER, settings.SECRET_KEY = pepper, secret
    assert ids(checks.secrets_are_set()) == found


@pytest.mark.parametrize(("workers", "found"), [(1, ["portal.W001"]), (2, []), (16, [])])
def test_one_worker_alone_is_warned_about(settings: Any, workers: int, found: list[str]) -> None:
    settings.WORKERS = workers
    assert ids(checks.workers_leave_room()) == found


def test_django_knows_the_checks(settings: Any) -> None:
    settings.WORKERS, settings.API_KEY_PEPPER = 1, ""
    assert "portal.W001" in ids(run_checks())
    assert "portal.E001" in ids(run_checks(include_deployment_checks=True))
    assert "portal.E001" not in ids(run_checks())


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_sqlite_keeps_its_word_by_its_settings() -> None:
    assert durability_faults() == []
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_a_postgresql_that_forgets_commits_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        before = durability_faults()
        cursor.execute("SET LOCAL synchronous_commit TO off")
    assert "synchronous_commit is off" not in before
    assert durability_faults() == [*before, "synchronous_commit is off"]


@pytest.mark.postgres_only
@pytest.mark.django_db
@pytest.mark.parametrize("level", ["local", "remote_write", "remote_apply"])
def test_weaker_promises_to_replicas_are_the_operators_business(level: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit TO {level}")
    assert not [fault for fault in durability_faults() if "synchronous" in fault]


@pytest.mark.postgres_only
@pytest.mark.django_db
def test_the_check_refuses_such_a_database_outside_of_debug(settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
    settings.DEBUG = False
    found = checks.database_keeps_its_word(databases=["default"])
    assert ids(found) == ["portal.E003"] * len(found)
    assert any("synchronous_commit is off" in message.msg for message in found)
    settings.DEBUG = True
    assert checks.database_keeps_its_word(databases=["default"]) == []


@pytest.mark.django_db
def test_an_ordinary_check_asks_no_database(settings: Any) -> None:
    settings.DEBUG = False
    with CaptureQueriesContext(connection) as queries:
        assert checks.database_keeps_its_word(databases=None) == []
    assert len(queries) == 0
