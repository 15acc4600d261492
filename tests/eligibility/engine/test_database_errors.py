"""A database that breaks down in the middle of something: nothing is lost and nothing doubled."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from eligibility.choices import Outcome
from eligibility.engine import drain as drains
from eligibility.models import Result
from tests.eligibility.engine.helpers import (
    WatchedPayer,
    again,
    drain_once,
    drain_until_done,
    history,
    make_lane,
    make_row,
    make_rows,
)

pytestmark = pytest.mark.usefixtures("transactional_db")
ERRORS = [OperationalError("deadlock"), InterfaceError("closed")]


@pytest.mark.parametrize("error", ERRORS, ids=["operational", "interface"])
@pytest.mark.parametrize("statement", ["UPDATE", "INSERT", "SELECT", "WITH"])
def test_a_database_error_in_the_middle_of_a_write_loses_nothing(
    payer: WatchedPayer, statement: str, error: Exception
) -> None:
    rows = make_rows(make_lane(), 10, "outcome=eligible")
    errors = [error, error]

    def break_down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if errors and sql.lstrip().startswith(statement):
            raise errors.pop()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(break_down):
        drain_once(payer)
    drain_until_done(payer)

    assert not errors
    assert {again(task).outcome for task in rows} == {Outcome.ELIGIBLE}
    assert {tuple(payer.kinds(task)) for task in rows} == {("submit",)}
    assert {tuple(history(task)) for task in rows} == {("running", "done")}
    assert Result.objects.count() == 10


def test_a_drain_ends_with_the_error_of_a_database_that_stays_away(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drains, "WRITE_FOR", 0.2)
    task = make_row(make_lane(), "outcome=eligible")

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("gone")

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError, match="gone"):
        drain_once(payer)
    drain_until_done(payer)

    assert payer.kinds(task) == ["submit"]
