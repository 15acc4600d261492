"""Rows sent straight to the verbs, and what the database holds afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
from django.db import DatabaseError, OperationalError, connection
from django_q.models import OrmQ

from eligibility.engine import invariants
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import Created, create_tasks
from portal.intake import insert
from portal.models import Clinic, RejectedRow, Submission
from tests.eligibility.make_rows import make_row

ACTOR = "a" * 24


def row(reference: str = "", **fields: Any) -> dict[str, Any]:
    """A row without a fault."""
    return make_row(**{"client_reference": reference} | fields)


def bad(reference: str = "", **fields: Any) -> dict[str, Any]:
    """A row for a payer that nobody knows."""
    return row(reference, tpa_name="NOBODY", **fields)


def create(clinic: Clinic, *rows: Any, **options: Any) -> Created:
    """Send the rows for this clinic."""
    return create_tasks(team=clinic.team, clinic=clinic, actor=ACTOR, rows=rows, **options)


def became(created: Created) -> list[str]:
    """What became of each row, in the order of the answer."""
    return [entry.disposition.value for entry in created.entries]


def task(created: Created, index: int = 0) -> EligibilityTask:
    """The task of one row of the answer."""
    return EligibilityTask.objects.get(pk=task_id(created, index))


def task_id(created: Created, index: int = 0) -> str:
    """The id that one row of the answer was given."""
    found = created.entries[index].task_id
    assert found is not None
    return found


def stored() -> dict[str, int]:
    """How many rows of each kind there are."""
    models = (EligibilityTask, Batch, Submission, RejectedRow, OrmQ)
    return {model.__name__: model.objects.count() for model in models}


def broken_promises() -> list[str]:
    """The invariants that do not hold."""
    return [each.invariant.promise for each in invariants.check() if each.count]


class Sabotaged(DatabaseError):
    """What a statement fails with when a test says so."""


def deadlock() -> OperationalError:
    """What Django raises for a deadlock, in a server of any language."""
    error = OperationalError("Verklemmung entdeckt")
    error.__cause__ = psycopg.errors.DeadlockDetected()
    return error


@contextmanager
def failing_at(number: int, error: Callable[[], Exception] = Sabotaged) -> Iterator[list[int]]:
    """Fail the statement of this number (from 1; a COPY counts as one). Yields [how many ran]."""
    ran = [0]

    def step() -> None:
        ran[0] += 1
        if ran[0] == number:
            raise error()

    def execute(call: Callable[..., Any], *arguments: Any) -> Any:
        step()
        return call(*arguments)

    copy = insert.copy_rows

    def copy_or_fail(*arguments: Any) -> int:
        step()
        return copy(*arguments)

    with connection.execute_wrapper(execute), mock.patch.object(insert, "copy_rows", copy_or_fail):
        yield ran
