"""Rows into a table unless they are there already: by a unique constraint, in one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connections, transaction
from django.db.models import Field, Model

from portal.intake.adapt import Column, column_for
from portal.intake.insert import Row, adapted_rows, copy_rows, fields_of, first_line_only


def insert_new_rows(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[Row],
    *,
    unique: Sequence[str],
    using: str = "default",
) -> set[Any]:
    """Insert the rows whose values in the `unique` columns nobody has; returns their primary keys.

    The first of two equal rows is the one. A row that another transaction is storing is waited
    for; rows are stored in the order of `unique`, so that two transactions seldom wait for each
    other. `unique` names a unique constraint's columns; rows with a null in them are always new.
    Otherwise as `insert_rows`; the primary key is among the columns.
    """
    connection = connections[using]
    plan = [column_for(field, connection) for field in fields_of(model, columns)]
    insert = _copy_new if connection.vendor == "postgresql" else _execute_many_new
    with transaction.atomic(using=using, savepoint=False):
        stored = insert(connection, model, plan, unique, iter(rows))
    return {_pk(model).to_python(key) for key in stored}


def _copy_new(
    connection: Any,
    model: type[Model],
    plan: Sequence[Column],
    unique: Sequence[str],
    rows: Iterator[Row],
) -> set[Any]:
    quote = connection.ops.quote_name
    table, staging = quote(model._meta.db_table), quote(f"new_{model._meta.db_table}")
    names = ", ".join(quote(column.name) for column in plan)
    once, key = ", ".join(map(quote, unique)), quote(_key(model))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {names} FROM {table}"
            " WITH NO DATA"
        )
        copy_rows(connection, f"{staging} ({names})", plan, rows)
        with connection.wrap_database_errors, first_line_only(connection):
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {names} FROM {staging}"
                f" ORDER BY {once}, {key} ON CONFLICT ({once}) DO NOTHING RETURNING {key}"
            )
            stored = {found for (found,) in cursor.fetchall()}
        cursor.execute(f"DROP TABLE {staging}")
    return stored


def _execute_many_new(
    connection: Any,
    model: type[Model],
    plan: Sequence[Column],
    unique: Sequence[str],
    rows: Iterator[Row],
) -> set[Any]:
    quote = connection.ops.quote_name
    marks = ", ".join(["%s"] * len(plan))
    table, key, once = (
        quote(model._meta.db_table),
        quote(_key(model)),
        ", ".join(map(quote, unique)),
    )
    names = ", ".join(quote(column.name) for column in plan)
    adapted = list(adapted_rows(plan, rows))
    place = [column.name for column in plan].index(_key(model))
    keys = [row[place] for row in adapted]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({once}) DO NOTHING",
            adapted,
        )
        if cursor.rowcount == len(keys):
            return set(keys)
        cursor.execute(
            f"SELECT {key} FROM {table} WHERE {key} IN (SELECT value FROM json_each(%s))",
            [json.dumps(keys)],
        )
        return {found for (found,) in cursor.fetchall()}


def _pk(model: type[Model]) -> Field[Any, Any]:
    assert model._meta.pk is not None
    return model._meta.pk


def _key(model: type[Model]) -> str:
    """The primary key's column."""
    return str(_pk(model).column)
