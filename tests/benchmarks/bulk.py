"""Bulk create of eligibility rows: the whole request against the bare insert of its rows.

floor: a COPY (PostgreSQL) or executemany (SQLite) of tuples that are ready beforehand, the same
columns and values that our request stores, into the same table with its indexes and constraints,
committed. drf: the ordinary way (naive.py). ours: POST bulk/create-tasks through every middleware.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.test import Client, RequestFactory

from eligibility.models import EligibilityTask
from eligibility.operations.rows import COLUMNS
from portal.intake.adapt import Column, column_for
from tests.benchmarks.cast import Cast, make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.measure import Contender, Record, as_records, take_turns
from tests.benchmarks.naive import NaiveBulkView
from tests.benchmarks.report import with_verdict
from tests.benchmarks.rows import make_body

PATH = "/v2/api-integration/bulk/create-tasks"
TABLE = EligibilityTask._meta.db_table
EMPTIED = (TABLE, "django_q_ormq")
TIMES_FASTER_THAN_DRF = 4.0


def goal(db: str, rows: int) -> float:
    """The most that our request may take, as a multiple of the floor."""
    if db == "postgres":
        return 2.0
    return 2.5 if rows >= 10_000 else 3.5


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """The records of `bulk.floor`, `bulk.drf` and `bulk.ours` for each number of rows."""
    cast = make_cast()
    return [record for rows in row_counts for record in _measure(cast, db, rows, samples)]


def _measure(cast: Cast, db: str, rows: int, samples: int) -> list[Record]:
    runs = itertools.count()

    def body() -> bytes:
        return make_body(rows, run=f"R{next(runs)}")

    ours, drf = _ours(cast), _drf(cast)
    _reset()
    ours(body())
    floor, tuples = _floor(), _stored_tuples(rows)
    contenders = [
        Contender("bulk.floor", lambda: tuples, floor),
        Contender("bulk.drf", body, drf),
        Contender("bulk.ours", body, ours),
    ]
    taken = take_turns(contenders, samples, _reset)
    records = as_records(taken, floor="bulk.floor", db=db, rows=rows, facts=versions())
    return [*records[:-1], _judged(records, db, rows)]


def _judged(records: Sequence[Record], db: str, rows: int) -> Record:
    """Our record with its goals: against the floor, and against the ordinary way."""
    _, drf, ours = records
    faster = round(drf["median_ms"] / ours["median_ms"], 2)
    goals = {"ratio": goal(db, rows), "bulk.drf": TIMES_FASTER_THAN_DRF}
    return with_verdict(ours | {"faster_than": {"bulk.drf": faster}}, goals)


def _reset() -> None:
    """Empty what a request fills, except the request's own two rows, which the floor points to."""
    with connection.cursor() as cursor:
        for table in EMPTIED:
            empty = "TRUNCATE {} CASCADE" if connection.vendor == "postgresql" else "DELETE FROM {}"
            cursor.execute(empty.format(table))


def _ours(cast: Cast) -> Callable[[bytes], object]:
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {cast.key}"})

    def run(body: bytes) -> object:
        response = client.post(PATH, body, content_type="application/json")
        assert response.status_code == 200, response.content[:500]
        return response

    return run


def _drf(cast: Cast) -> Callable[[bytes], object]:
    view, requests = NaiveBulkView.as_view(), RequestFactory()

    def run(body: bytes) -> object:
        headers = {"authorization": f"Bearer {cast.key}"}
        request = requests.post(PATH, body, content_type="application/json", headers=headers)
        response = view(request).render()
        assert response.status_code == 200, response.content[:500]
        return response

    return run


def _plan() -> list[Column]:
    fields = {field.attname: field for field in EligibilityTask._meta.concrete_fields}
    return [column_for(fields[name], connection) for name in COLUMNS]


def _stored_tuples(rows: int) -> list[tuple[Any, ...]]:
    """What our request has just stored, as the database takes it: the floor's ready input."""
    found = list(EligibilityTask.objects.order_by("line").values_list(*COLUMNS))
    assert len(found) == rows, f"{len(found)} of {rows} rows were stored"
    columns = zip(_plan(), zip(*found, strict=True), strict=True)
    return list(zip(*[column.adapted(values) for column, values in columns], strict=True))


def _floor() -> Callable[[list[tuple[Any, ...]]], object]:
    names = ", ".join(column.name for column in _plan())
    wire_types = [column.wire_type for column in _plan()]
    marks = ", ".join("?" * len(wire_types))

    def copy(rows: list[tuple[Any, ...]]) -> None:
        statement = f"COPY {TABLE} ({names}) FROM STDIN (FORMAT BINARY)"
        with connection.cursor() as cursor, cursor.copy(statement) as writer:
            writer.set_types(wire_types)
            for row in rows:
                writer.write_row(row)

    def execute_many(rows: list[tuple[Any, ...]]) -> None:
        statement = f"INSERT INTO {TABLE} ({names}) VALUES ({marks})"
        with connection.cursor():
            connection.connection.executemany(statement, rows)

    insert = copy if connection.vendor == "postgresql" else execute_many

    def run(rows: list[tuple[Any, ...]]) -> None:
        with transaction.atomic():
            insert(rows)

    return run
