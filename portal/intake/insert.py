"""Rows into a table by one set-based insert: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.core.exceptions import FieldError
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Field, Model
from django.db.models.fields import NOT_PROVIDED

from portal.intake.adapt import Column, column_for

Row = Sequence[Any]
CHUNK = 500
"""Rows adapted at a time: the server takes one chunk while Python makes the next."""


def insert_rows(
    model: type[Model], columns: Sequence[str], rows: Iterable[Row], using: str = "default"
) -> int:
    """Insert rows of Python values; `columns` are field attnames (`team_id`, `request_dump`).

    Part of the caller's transaction; without one, a transaction of its own. What is stored
    equals what `bulk_create` stores. A column may be left out when it has a db_default, is
    generated, or is null by default; Python defaults and `auto_now` are not applied. `rows` may
    be a generator: on PostgreSQL its work overlaps with the server's. On SQLite all of them are
    held until the end, so a large file goes in by the thousand. Returns the number of rows.

    Raises FieldError for unknown, repeated and missing columns, TypeError and ValueError for
    values of a wrong type and rows of a wrong width, and Django's database errors. Their text
    never repeats a row, which may be a patient's.
    """
    connection = connections[using]
    plan = [column_for(field, connection) for field in fields_of(model, columns)]
    insert = copy_rows if connection.vendor == "postgresql" else _execute_many
    # savepoint=False: a failed insert spoils the caller's transaction on both databases alike.
    with transaction.atomic(using=using, savepoint=False):
        return insert(connection, _target(connection, model, plan), plan, iter(rows))


def fields_of(
    model: type[Model], columns: Sequence[str], *, partly: bool = False
) -> list[Field[Any, Any]]:
    """The fields of these columns. Raises FieldError when the list cannot be inserted.

    `partly` says that the rows are there already, so that no column need be given.
    """
    own = {field.attname: field for field in model._meta.local_concrete_fields}
    known = {name: field for name, field in own.items() if not field.generated}
    wrong = {
        "unknown": [name for name in columns if name not in known],
        "repeated": sorted({name for name in columns if columns.count(name) > 1}),
        "missing": [n for n, f in known.items() if n not in columns and not _has_default(f)],
    }
    if partly:
        del wrong["missing"]
    for fault, names in wrong.items():
        if names:
            raise FieldError(f"{model._meta.label}: {fault} columns: {', '.join(names)}")
    return [known[name] for name in columns]


def _has_default(field: Field[Any, Any]) -> bool:
    """Whether the database itself gives the value that the model would."""
    if field.has_db_default() or isinstance(field, AutoField):
        return True
    return field.null and field.default is NOT_PROVIDED


def _target(connection: BaseDatabaseWrapper, model: type[Model], plan: Sequence[Column]) -> str:
    """The table and its columns, quoted."""
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(quote(column.name) for column in plan)})"


def adapted_rows(plan: Sequence[Column], rows: Iterator[Row]) -> Iterator[tuple[Any, ...]]:
    """The rows as the database takes them, adapted column by column some hundred at a time."""
    while chunk := list(islice(rows, CHUNK)):
        by_column = zip(plan, zip(*chunk, strict=True), strict=True)
        yield from zip(*[column.adapted(values) for column, values in by_column], strict=True)


def copy_rows(connection: Any, into: str, plan: Sequence[Column], rows: Iterator[Row]) -> int:
    """COPY rows `into` a table and its columns (quoted); PostgreSQL only."""
    with connection.wrap_database_errors, first_line_only(connection), connection.cursor() as c:
        with c.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([column.wire_type for column in plan])
            for row in adapted_rows(plan, rows):
                copy.write_row(row)
        return max(c.rowcount, 0)


@contextmanager
def first_line_only(connection: Any) -> Iterator[None]:
    """Take DETAIL and CONTEXT out of the server's errors: they repeat the row."""
    try:
        yield
    except connection.Database.Error as error:
        if error.diag.message_primary:
            error.args = (error.diag.message_primary,)
        raise


def _execute_many(connection: Any, into: str, plan: Sequence[Column], rows: Iterator[Row]) -> int:
    marks = ", ".join(["%s"] * len(plan))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", adapted_rows(plan, rows))
        return max(cursor.rowcount, 0)
