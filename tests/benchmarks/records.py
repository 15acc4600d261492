"""Bulk create of practitioner records: the whole request against the bare insert of its rows.

One row in a hundred is invalid and one comes again, in the body or from the database; each row
gets its answer. floor: a COPY to a staging table and INSERT … ON CONFLICT … RETURNING (PostgreSQL)
or executemany with ON CONFLICT and a look at what is in (SQLite), of tuples that are ready
beforehand: the columns and values that our request stores, and those that it finds stored. ours:
POST bulk through every middleware.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.test import Client

from portal import objectid
from portal.intake.adapt import Column, column_for
from records.models import Integration, ResourceRecord
from records.operations import create_records
from records.operations.rows import COLUMNS
from records.operations.store import UNIQUE
from tests.benchmarks.cast import Cast, make_cast
from tests.benchmarks.database import versions
from tests.benchmarks.measure import Contender, Record, as_records, take_turns
from tests.benchmarks.practitioners import (
    INTEGRATION,
    known_rows,
    load_codes,
    make_body,
    make_rows,
)
from tests.benchmarks.report import with_verdict

PATH = "/integrations/v2/resource-records/bulk"
TABLE = ResourceRecord._meta.db_table
EMPTIED = (TABLE, "records_recordchange", "portal_rejectedrow")
ROWS_OF_THE_GOAL = 1_000
GOALS = {"postgres": 3.5, "sqlite": 5.5}
"""The most that our request may take, as a multiple of the floor."""


def measure(db: str, row_counts: Sequence[int], samples: int) -> list[Record]:
    """The records of `records.bulk.floor` and `records.bulk.ours` for each number of rows."""
    cast = make_cast()
    load_codes()
    Integration.objects.create(pk=INTEGRATION, team=cast.team, name="Athena")
    return [record for rows in row_counts for record in _measure(cast, db, rows, samples)]


def _measure(cast: Cast, db: str, rows: int, samples: int) -> list[Record]:
    body, known = make_body(make_rows(rows)), known_rows(rows)
    ours, floor = _ours(cast, rows), _floor()

    def reset() -> None:
        _empty()
        create_records(team=cast.team, actor="", rows=known)

    reset()
    ours(body)
    tuples = _tuples(len(known))
    contenders = [
        Contender("records.bulk.floor", lambda: tuples, floor),
        Contender("records.bulk.ours", lambda: body, ours),
    ]
    taken = take_turns(contenders, samples, reset)
    records = as_records(taken, floor="records.bulk.floor", db=db, rows=rows, facts=versions())
    goals = {"ratio": GOALS[db]} if rows == ROWS_OF_THE_GOAL else {}
    return [*records[:-1], with_verdict(records[-1], goals)]


def _empty() -> None:
    with connection.cursor() as cursor:
        for table in EMPTIED:
            empty = "TRUNCATE {} CASCADE" if connection.vendor == "postgresql" else "DELETE FROM {}"
            cursor.execute(empty.format(table))


def _ours(cast: Cast, rows: int) -> Callable[[bytes], object]:
    client = Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {cast.key}"})
    failed = rows // 100 * 2

    def run(body: bytes) -> object:
        response = client.post(PATH, body, content_type="application/json")
        assert response.status_code == 200, response.content[:500]
        told = f'{{"total_created":{rows - failed},"total_errors":{failed},'
        assert response.content.startswith(told.encode()), response.content[:80]
        return response

    return run


def _plan() -> list[Column]:
    fields = {field.attname: field for field in ResourceRecord._meta.concrete_fields}
    return [column_for(fields[name], connection) for name in COLUMNS]


def _tuples(known: int) -> list[tuple[Any, ...]]:
    """What our request has just stored and what it found, as the database takes it."""
    found = list(ResourceRecord.objects.order_by("pk").values_list(*COLUMNS))
    again = [(key, *row[1:]) for key, row in zip(objectid.batch(known), found, strict=False)]
    rows = [*found[known:], *again]
    columns = zip(_plan(), zip(*rows, strict=True), strict=True)
    return list(zip(*[column.adapted(values) for column, values in columns], strict=True))


def _floor() -> Callable[[list[tuple[Any, ...]]], object]:
    names = ", ".join(column.name for column in _plan())
    wire_types = [column.wire_type for column in _plan()]
    insert = f"INSERT INTO {TABLE} ({names})"
    conflict = f"ON CONFLICT ({', '.join(UNIQUE)}) DO NOTHING"

    def copy(rows: list[tuple[Any, ...]]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMPORARY TABLE staging ON COMMIT DROP AS SELECT {names} FROM {TABLE}"
                " WITH NO DATA"
            )
            with cursor.copy(f"COPY staging ({names}) FROM STDIN (FORMAT BINARY)") as writer:
                writer.set_types(wire_types)
                for row in rows:
                    writer.write_row(row)
            cursor.execute(f"{insert} SELECT {names} FROM staging {conflict} RETURNING id")
            return len(cursor.fetchall())

    def execute_many(rows: list[tuple[Any, ...]]) -> int:
        marks = ", ".join("?" * len(wire_types))
        with connection.cursor():
            driver = connection.connection
            driver.executemany(f"{insert} VALUES ({marks}) {conflict}", rows)
            keys = json.dumps([row[0] for row in rows])
            wanted = "SELECT value FROM json_each(?)"
            found = driver.execute(f"SELECT id FROM {TABLE} WHERE id IN ({wanted})", [keys])
            return len(found.fetchall())

    store = copy if connection.vendor == "postgresql" else execute_many

    def run(rows: list[tuple[Any, ...]]) -> None:
        with transaction.atomic():
            assert 0 < store(rows) < len(rows)

    return run
