"""A database that breaks down in the middle of something: nothing is lost and nothing doubled."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, connections

from eligibility.choices import Outcome, Status
from eligibility.engine import drain as drains
from eligibility.models import Attempt, EligibilityTask, Result
from tests.eligibility.engine.helpers import (
    again,
    drain_once,
    drain_until_done,
    history,
    let_lease_end,
    make_lane,
    make_row,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer

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
        if errors and re.search(rf"\b{statement}\b", sql):
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


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_commit_whose_end_was_not_heard_doubles_nothing(
    payer: WatchedPayer, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    rows = make_rows(make_lane(max_in_flight=4), 8, "outcome=eligible")
    database: Any = connections["default"]
    commits: list[int] = []
    commit = database._commit

    def cut_off_after(*arguments: Any) -> None:
        commit()
        commits.append(1)
        if len(commits) == number:
            raise OperationalError("connection lost")

    monkeypatch.setattr(database, "_commit", cut_off_after)
    drain_once(payer)
    for task in EligibilityTask.objects.filter(status=Status.RUNNING):
        let_lease_end(task)
    drain_until_done(payer)

    assert len(commits) > number
    assert {again(task).outcome for task in rows} == {Outcome.ELIGIBLE}
    assert {payer.kinds(task).count("submit") for task in rows} == {1}
    assert Result.objects.count() == 8
    assert not Attempt.objects.filter(late=True).exists()


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
