"""Many rows changed by one set-based update: staging and UPDATE … FROM, or executemany."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connections, transaction
from django.db.models import Model

from portal.intake.adapt import column_for
from portal.intake.insert import Row, adapted_rows, copy_rows, fields_of


def update_rows(
    model: type[Model], columns: Sequence[str], rows: Iterable[Row], using: str = "default"
) -> int:
    """Give rows new values; the first of `columns` is the primary key that each row begins with.

    Values are taken as `insert_rows` takes them. Part of the caller's transaction, who has
    locked the rows where it matters. Returns how many rows there were.
    """
    connection = connections[using]
    plan = [column_for(field, connection) for field in fields_of(model, columns, partly=True)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    key, *names = [quote(column.name) for column in plan]
    with transaction.atomic(using=using, savepoint=False), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            sets = ", ".join(f"{name} = %s" for name in names)
            values = [(*row[1:], row[0]) for row in adapted_rows(plan, iter(rows))]
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE {key} = %s", values)
            return max(cursor.rowcount, 0)
        staging, all_names = quote(f"changed_{model._meta.db_table}"), ", ".join([key, *names])
        cursor.execute(
            f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {all_names} FROM {table}"
            " WITH NO DATA"
        )
        copy_rows(connection, f"{staging} ({all_names})", plan, iter(rows))
        sets = ", ".join(f"{name} = s.{name}" for name in names)
        cursor.execute(f"UPDATE {table} t SET {sets} FROM {staging} s WHERE t.{key} = s.{key}")
        count = max(cursor.rowcount, 0)
        cursor.execute(f"DROP TABLE {staging}")
        return count
