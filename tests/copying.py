"""A table filled by copying one row in the database: so many rows are not made one by one."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection
from django.db.models import Model

_NEW_ID = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, %s) AS n",
    "sqlite": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %s)"
    " SELECT n FROM c",
}


def copy_row(row: Model, count: int, differing: Mapping[str, str]) -> None:
    """So many copies of this row, whose key is a UUID; each gets a key of its own.

    `differing` says what else differs, by column, in the SQL of this database: `n` counts the
    copies from 1, and a percent sign stands twice.
    """
    table, pk = row._meta.db_table, row._meta.pk
    names = [str(field.column) for field in row._meta.concrete_fields]
    values = {str(pk.column): _NEW_ID[connection.vendor], **differing}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)})"
            f" SELECT {', '.join(values.get(name, f't.{name}') for name in names)}"
            f" FROM {table} t CROSS JOIN ({_NUMBERS[connection.vendor]}) AS numbers"
            f" WHERE t.{pk.column} = %s",
            [count, pk.get_db_prep_value(row.pk, connection)],
        )
